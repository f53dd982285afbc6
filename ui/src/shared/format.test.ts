import { describe, expect, it } from 'vitest';

import { badgeWords, clock, count, date, duration, durationSpoken, money, moneyColumn, moneySpoken, moneyTotal, percent, score, tokens, visible } from './format';
import cases from './format.cases.json';

type Row = [any: never, ...rest: never[]];
const rows = (table: unknown): Row[] => table as Row[];

describe('numbers read as in Python', () => {
  it.each(rows(cases.money))('money %s', (value, text, spoken) => {
    expect([money(value), moneySpoken(value)]).toEqual([text, spoken]);
  });
  it.each(rows(cases.money_column))('a column %s lines up', (values, texts) => {
    expect(moneyColumn(values)).toEqual(texts);
  });
  it.each(rows(cases.money_total))('a total %s says what it misses', (facts, text) => {
    expect(moneyTotal(facts)).toBe(text);
  });
  it.each(rows(cases.tokens))('tokens %s', (value, text, spoken) => {
    expect([tokens(value), count(value)]).toEqual([text, spoken]);
  });
  it.each(rows(cases.duration))('time %s', (value, text, spoken) => {
    expect([duration(value), durationSpoken(value)]).toEqual([text, spoken]);
  });
  it.each(rows(cases.percent))('%s of %s', (part, whole, result) => {
    expect(percent(part, whole)).toBe(result);
  });
  it.each(rows(cases.score))('score %s', (value, text) => {
    expect(score(value)).toBe(text);
  });
  it.each(rows(cases.date))('date %s', (utc, now, zone, text) => {
    expect(date(utc, new Date(now), zone)).toBe(text);
  });
  it.each(rows(cases.clock))('clock %s', (utc, zone, text) => {
    expect(clock(utc, zone)).toBe(text);
  });
  it.each(rows(cases.sources))('sources %s', (sources, text) => {
    expect(badgeWords(sources)).toBe(text);
  });
  it.each(rows(cases.visible))('control characters are shown', (raw, text) => {
    expect(visible(raw)).toBe(text);
  });
});

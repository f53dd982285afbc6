/** Giving the reader a file, or text to paste. */
export function download(name, type, text) {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = Object.assign(document.createElement('a'), { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
}
/** A line of CSV; text that a spreadsheet would run as a formula is defused. */
export function csvLine(values) {
    return values
        .map(value => {
        const raw = value === null ? '' : String(value);
        const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(raw) ? `'${raw}` : raw;
        return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
    })
        .join(',');
}

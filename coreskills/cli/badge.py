"""`coreskills badge`: issue or verify a learner's badge."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from coreskills.classroom.settings import Classroom
from coreskills.classroom.standing import standings, take_over_judgements
from coreskills.course import find_course
from coreskills.progress.badge import Holder, issue, load_key, public_key, verify


@click.command(epilog="Example: coreskills badge ada --out ada.jwt; coreskills badge --verify ada.jwt")
@click.argument("learner", required=False)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the credential to a file.")
@click.option("--verify", "token", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Check a file.")
@click.option("--key", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A public key to check with.")
@click.option("--public-key", "show_key", is_flag=True, help="Print the course's public key.")
@click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), help="The course folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    learner: str | None,
    out: Path | None,
    token: Path | None,
    key: Path | None,
    show_key: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Issue LEARNER's badge: an Open Badges 3.0 credential, signed with the course's Ed25519 key."""
    if token is None and learner is None and not show_key:
        raise click.UsageError("Name a LEARNER, or a file to --verify.")
    room = Classroom.of(find_course(folder))
    room.make_folders()
    now = datetime.now(UTC)
    if show_key:
        click.echo(json.dumps(public_key(load_key(room.hub)), indent=1))
        return
    if token is not None:
        known = json.loads(key.read_text(encoding="utf-8")) if key else public_key(load_key(room.hub))
        holder = Holder(learner, learner) if learner else None
        payload = verify(token.read_text(encoding="utf-8"), key=known, now=now, holder=holder)
        click.echo(
            json.dumps(payload, indent=1) if as_json else f"Good: {payload['name']}, since {payload['validFrom']}."
        )
        return
    assert learner is not None
    for lab in room.course.open_labs:
        take_over_judgements(room, lab.id)
    (standing,) = standings(room, [learner])
    person = standing.person
    signed = issue(
        room.course, Holder(person.name, person.shown, person.email), standing.status, key=load_key(room.hub), now=now
    )
    if out is not None:
        out.write_text(signed + "\n", encoding="ascii")
        click.echo(f"The badge of {learner} is in {out}.")
    else:
        click.echo(json.dumps({"learner": learner, "credential": signed}) if as_json else signed)

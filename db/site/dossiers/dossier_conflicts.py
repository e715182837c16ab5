"""Two windows that edit one dossier or one note: what the later one wrote beside what stands now."""

from __future__ import annotations

from collections.abc import Sequence

from db.desk.analysts.dossier_rules import read_tags
from db.desk.analysts.dossiers import Dossier
from db.desk.analysts.shown_versions import make_version
from db.site.analysts.forms import AnalystForm, Difference, FormConflictError, FormError
from db.site.wording import SiteWording


def find_dossier_conflict(form: AnalystForm, standing: Dossier | None) -> FormError:
    """Return the error of a form that would overwrite a dossier changed meanwhile, or one that is gone."""
    if standing is None:
        return FormError("dossiers.refused_missing", back="/dossiers")

    def describe(wording: SiteWording) -> list[Difference]:
        shared = [
            wording("forms.yes" if is_shared else "forms.no")
            for is_shared in (form.one("shared") == "1", standing.is_shared)
        ]
        found = [
            _compare(wording, "name", form.one("name"), standing.name, field="name"),
            _compare(wording, "note", form.one("note"), standing.note, field="note"),
            _compare(wording, "tags", ", ".join(read_tags(form.one("tags"))), ", ".join(standing.tags), field="tags"),
            _compare(wording, "share", *shared),
        ]
        return _list_differing(found)

    return FormConflictError(back=f"/dossier/{standing.id}", version=standing.version, describe=describe)


def find_note_conflict(form: AnalystForm, dossier: int, entry: int, standing: str | None) -> FormError:
    """Return the error of a form that would overwrite a note changed meanwhile, or one that is gone."""
    back = f"/dossier/{dossier}#e{entry}"
    if standing is None:
        return FormError("dossiers.refused_missing", back=back)
    return FormConflictError(
        back=back,
        version=make_version(standing),
        describe=lambda wording: _list_differing([_compare(wording, "note", form.one("note"), standing, field="note")]),
    )


def _compare(wording: SiteWording, name: str, written: str, standing: str, *, field: str = "") -> Difference:
    text = written.replace("\r\n", "\n").strip()
    return Difference(label=wording(f"dossiers.{name}"), written=text, standing=standing, field=field)


def _list_differing(differences: Sequence[Difference]) -> list[Difference]:
    return [one for one in differences if one.written != one.standing]

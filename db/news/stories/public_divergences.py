"""What a public copy holds of figures: those of the published sentences, and those in which outlets differ.

Statements for `news`, attached to the copy, and the temporary table `chosen` of published articles. A divergence is
published if all of its articles are.
"""

from db.i18n.concept_names import SQL_NAME_COLUMNS

COPY_DIVERGENCES = (
    """
    INSERT INTO divergences (id, story, concept, measure, unit, kind, since)
    SELECT d.id, d.story, d.concept, d.measure, d.unit, d.kind, d.since FROM news.divergences AS d
    WHERE d.closed IS NULL AND NOT EXISTS (
        SELECT 1 FROM news.divergence_figures AS df CROSS JOIN news.figures AS f ON f.id = df.figure
        WHERE df.divergence = d.id AND f.article NOT IN (SELECT id FROM chosen)
    )
    """,
    """
    INSERT INTO divergence_figures (divergence, figure)
    SELECT df.divergence, df.figure FROM main.divergences AS d
    CROSS JOIN news.divergence_figures AS df ON df.divergence = d.id
    """,
    """
    INSERT INTO figures (id, article, start, "end", surface, kind, value, low, high, unit, qualifier, measure, concept,
        scope, is_attributed, in_lead)
    SELECT f.id, f.article, f.start, f."end", f.surface, f.kind, f.value, f.low, f.high, f.unit, f.qualifier,
        f.measure, f.concept, f.scope, f.is_attributed, f.in_lead
    FROM main.articles AS a CROSS JOIN news.figures AS f ON f.article = a.id
    WHERE substr(a.text, f.start + 1, f."end" - f.start) = f.surface
        OR f.id IN (SELECT figure FROM main.divergence_figures)
    """,
    f"""
    INSERT INTO measures (id, {SQL_NAME_COLUMNS}, grows, is_lasting, needs_lead)
    SELECT id, {SQL_NAME_COLUMNS}, grows, is_lasting, needs_lead FROM news.measures
    """,  # noqa: S608 -- the columns of all languages
)

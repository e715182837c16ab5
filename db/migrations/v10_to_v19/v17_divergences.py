"""What figures measure, and where outlets give different ones."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def measures_of_figures(db: Database) -> None:
    """Figures from before have no measure until the archive is rebuilt."""
    db.executescript("""
        ALTER TABLE figures ADD COLUMN measure TEXT;                -- NULL: not known, as all that follows
        ALTER TABLE figures ADD COLUMN concept TEXT;                -- of which it is a property
        ALTER TABLE figures ADD COLUMN scope TEXT NOT NULL DEFAULT '';  -- words in order: 'first-stage y2025'
        ALTER TABLE figures ADD COLUMN is_attributed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE figures ADD COLUMN in_lead INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX idx_figures_concept ON figures (concept, measure) WHERE concept IS NOT NULL;
        CREATE TABLE measures (
            id TEXT PRIMARY KEY,
            name_en TEXT,
            name_es TEXT,
            name_zh TEXT,
            grows INTEGER NOT NULL,       -- later reports are expected to say another value
            is_lasting INTEGER NOT NULL,  -- a property of a concept, compared across stories
            needs_lead INTEGER NOT NULL   -- nothing but what is counted tells it
        );
        CREATE TABLE scopes (
            id TEXT PRIMARY KEY,
            is_state INTEGER NOT NULL,
            is_shown INTEGER NOT NULL     -- figures that differ in it are shown as such
        );
        CREATE TABLE divergences (
            id INTEGER PRIMARY KEY,
            story INTEGER,          -- NULL: of a concept
            concept TEXT,           -- NULL: of a story
            measure TEXT NOT NULL,
            unit TEXT NOT NULL,
            kind TEXT NOT NULL,     -- update, sources, differs, scope
            since TEXT NOT NULL,    -- when the second value was first told
            closed TEXT             -- when the outlets agreed again
        );
        CREATE INDEX idx_divergences_story ON divergences (story) WHERE story IS NOT NULL;
        CREATE INDEX idx_divergences_concept ON divergences (concept, measure) WHERE concept IS NOT NULL;
        CREATE TABLE divergence_figures (
            divergence INTEGER NOT NULL REFERENCES divergences(id),
            figure INTEGER NOT NULL REFERENCES figures(id),
            PRIMARY KEY (divergence, figure)
        ) WITHOUT ROWID;
        CREATE INDEX idx_divergence_figures_figure ON divergence_figures (figure);
        -- What is to be compared again before the transaction ends: a story, or a measure of a concept.
        CREATE TABLE stale_divergences (
            story INTEGER,
            concept TEXT,
            measure TEXT
        );
    """)


@news()
def divergences_in_time(db: Database) -> None:
    """The latest ones first, of those that are open."""
    db.executescript("CREATE INDEX idx_divergences_since ON divergences (since, id) WHERE closed IS NULL")

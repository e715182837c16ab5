"""Evidence packs: what an outlet published, with the pages as they were received, in one file that can be checked."""

"""PDF -> a document of title, lines and dates, pure. pypdf is imported when the first PDF comes."""

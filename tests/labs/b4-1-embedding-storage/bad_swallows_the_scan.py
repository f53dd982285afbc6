"""Pages without text are dropped, the scanned form among them: nobody notices what is missing.

loses: b41-t1a-hidden, b41-t6-hidden
"""

# %% b41-t1-code
def extract_pdf(path):
    raw_pages = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    running = running_lines(raw_pages)
    pages = []
    for number, raw in enumerate(raw_pages, start=1):
        lines = [line for line in raw.splitlines() if without_numbers(line) not in running]
        text = unicodedata.normalize("NFKC", "\n".join(lines))
        text = re.sub(r"\s+", " ", re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", text)).strip()
        if text:
            pages.append(Page(Path(path).name, number, text))
    return pages

"""Prints a page to a PDF with Chromium, where it is there."""

import shutil
import tempfile
from pathlib import Path

from bdd.system.processes import CommandFailed, run_command

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_LONGEST = 120.0  # seconds


class NoPdf(Exception):
    """No PDF was made; the message says why, and what to do."""


def print_to_pdf(page: Path, pdf: Path) -> None:
    """Print a page of this machine.

    Args:
        page: the HTML file.
        pdf: the file that is made.

    Raises:
        NoPdf: there is no browser, or it made none.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise NoPdf(
            f"No PDF was made: none of {', '.join(BROWSERS)} is on PATH. Install Chromium, or open the pages in any"
            " browser and print them."
        )
    pdf.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="bdd-browser-", ignore_cleanup_errors=True) as profile:
        command = [browser, "--headless", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]
        # The page is our own and needs nothing of the network; in a container the sandbox cannot be made.
        command += ["--no-sandbox", "--no-pdf-header-footer", f"--print-to-pdf={pdf.absolute()}"]
        try:
            run_command([*command, page.absolute().as_uri()], timeout=_LONGEST)
        except CommandFailed as error:
            raise NoPdf(f"No PDF was made: {error}") from error
    if not pdf.exists():
        raise NoPdf(f"No PDF was made: {browser} ended without an error and wrote nothing to {pdf}.")

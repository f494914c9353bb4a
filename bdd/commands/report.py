"""`python -m bdd report`: makes the pages about a run."""

from pathlib import Path

from bdd.output.console import say
from bdd.pages.pdf import NoPdf
from bdd.pages.report import Form, make_pdf, make_report
from bdd.results.folder import UnreadableResults, read_history, read_run, results_at

MADE = 0
NOT_MADE = 1
NO_RESULTS = 2


def run_report(results: Path | None, results_dir: Path, output: Path, form: Form, *, newest: int, pdf: bool) -> int:
    """Make a report, print where it is, and return the exit code.

    Args:
        results: a file of results, or a folder, whose newest file is meant; None for that of `results_dir`.
        results_dir: the folder of the settings; the history is read from the folder of the file.
        output: the folder in which the pages are made.
        form: how they are made.
        pdf: whether a PDF is made too.
        newest: how many runs the history has at most.
    """
    try:
        file = results_at(results, results_dir)
        run = read_run(file)
        history = read_history(file.parent, run, newest)
        for sentence in history.passed_over:
            say(sentence)
        say(str(make_report(run, history, output, form)))
        if pdf:
            say(str(make_pdf(run, history, output, form)))
    except UnreadableResults as error:
        say(str(error))
        return NO_RESULTS
    except NoPdf as error:
        say(str(error))
        return NOT_MADE
    except OSError as error:
        say(
            f"The report cannot be written to {output}: {error.strerror or error}. "
            "Name another folder: --output DIR"
        )
        return NOT_MADE
    return MADE

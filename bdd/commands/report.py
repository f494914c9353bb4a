"""The work of `python -m bdd report`."""

from pathlib import Path

from bdd.output.console import say
from bdd.pages.pdf import NoPdf
from bdd.pages.report import Form, make_pdf, make_report
from bdd.results.folder import UnreadableResults, newest_file, read_history, read_run

MADE = 0
NOT_MADE = 1


def run_report(results: Path | None, results_dir: Path, output: Path, form: Form, *, newest: int, pdf: bool) -> int:
    """Make a report, print where it is, and return the exit code.

    Args:
        results: the file of the run's results, None for the newest one.
        results_dir: the folder of results, if no file is given; the history is beside the file.
        output: the folder in which the pages are made.
        form: how they are made.
        pdf: whether a PDF is made too.
        newest: how many runs the history has at most.
    """
    try:
        file = results or newest_file(results_dir)
        run = read_run(file)
        history = read_history(file.parent, run, newest)
        for sentence in history.passed_over:
            say(sentence)
        say(str(make_report(run, history, output, form)))
        if pdf:
            say(str(make_pdf(run, history, output, form)))
    except (NoPdf, UnreadableResults) as error:
        say(str(error))
        return NOT_MADE
    except OSError as error:
        say(f"The report cannot be written to {output}: {error.strerror or error}")
        return NOT_MADE
    return MADE

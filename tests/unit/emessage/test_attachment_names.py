"""Whatever a sender calls an attachment, the file it becomes has a name that leads nowhere and starts nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.emessage.attachment_names import EXTENSIONS, file_name

DANGEROUS = {
    "../../etc/passwd": "etc_passwd.pdf",
    "..\\..\\windows\\system32\\cmd.exe": "windows_system32_cmd_exe.pdf",
    "invoice.pdf.exe": "invoice_pdf_exe.pdf",
    "C:\\autoexec.bat": "C_autoexec_bat.pdf",
    "": "vedlegg 3.pdf",
    " . ": "vedlegg 3.pdf",
    "CON": "vedlegg 3.pdf",
    "nul": "vedlegg 3.pdf",
    "a\0b": "a_b.pdf",
    "a\r\nSet-Cookie: x": "a_Set-Cookie_ x.pdf",
    "\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe": "fdp_exe.pdf",
    "%2e%2e%2f": "2e_2e_2f.pdf",
    "Røntgen av høyre hånd": "Røntgen av høyre hånd.pdf",
    "x" * 500: "x" * 80 + ".pdf",
}


@pytest.mark.parametrize(("title", "name"), DANGEROUS.items(), ids=repr)
def test_a_dangerous_title_becomes_a_harmless_name(title: str, name: str) -> None:
    assert name == file_name(title, "application/pdf", 3)


def test_the_extension_is_that_of_the_type_whatever_the_title_says() -> None:
    assert "report_exe.bin" == file_name("report.exe", "application/x-msdownload", 1)
    assert "picture_pdf.png" == file_name("picture.pdf", "image/png", 1)


@given(st.text(max_size=200), st.sampled_from([*EXTENSIONS, "text/html", ""]))
def test_no_title_makes_a_path_a_hidden_file_or_a_second_extension(title: str, kind: str) -> None:
    name = file_name(title, kind, 1)

    assert 1 == name.count(".")
    assert not name.startswith((".", " "))
    assert not set(name) & set('/\\:*?"<>|%\0\r\n')
    assert name.isprintable()

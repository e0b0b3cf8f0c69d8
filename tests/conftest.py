"""What all tests share."""

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # a busy computer is no failure
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the expected files of golden tests"
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Are golden tests to write what they see, instead of comparing it?"""
    return bool(request.config.getoption("--update-golden"))

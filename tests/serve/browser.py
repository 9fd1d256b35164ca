"""What a person does at the chat page, in a browser."""

from __future__ import annotations

import shutil
from typing import Any

from selenium import webdriver
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from tests.serve.conftest import Server, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
PHONE = (390, 844)  # pixels
DESKTOP = (1280, 900)


def chromium() -> Any:
    """A browser without a window; `quit` ends it."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(word)
    return webdriver.Chrome(options, webdriver.ChromeService(DRIVER))


class Page:
    """The page in a browser, with words for what a person does."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, server: Server, size: tuple[int, int] = DESKTOP) -> Page:
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.get(server.url)
        assert wait_until(lambda: self("#intro").is_displayed() or self("#notice").is_displayed())
        return self

    def __call__(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """What is shown in the elements, all at one moment."""
        read = "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText.trim())"
        return self.driver.execute_script(read, selector)

    def script(self, code: str) -> Any:
        return self.driver.execute_script(code)

    def say(self, words: str, rest: bool = True) -> None:
        self("#words").send_keys(words, Keys.ENTER)
        if rest:
            self.rest()

    def rest(self) -> None:
        assert wait_until(lambda: self("#send").is_displayed())

    def choose(self, domain: str) -> None:
        """Chooses a domain in the panel."""
        self.script("document.getElementById('setup').open = true")
        self(f'#source option[value="{domain}"]').click()
        assert wait_until(lambda: (domain or "JSON") in self("#chosen").text)

    def paste(self, tools: str) -> None:
        """Puts a text into the tools box."""
        self.script("document.getElementById('setup').open = true")
        self.driver.execute_script("arguments[0].value = arguments[1]", self("#tools"), tools)

    def complaints(self) -> list[str]:
        """The errors and warnings of the console since they were asked for last."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def sideways(self) -> int:
        """Pixels that the page can be scrolled to the side."""
        return self.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def low_targets(self) -> list[str]:
        """The visible things to touch that are lower than 44 pixels."""
        found = self.driver.find_elements(By.CSS_SELECTOR, "button, input, select, textarea, summary")
        shown = [element for element in found if element.is_displayed()]
        assert len(shown) > 3
        return [f"{e.tag_name}#{e.get_attribute('id')}" for e in shown if e.size["height"] < 44]

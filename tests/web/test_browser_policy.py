"""The policy of a round edited in a real browser on a phone, without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask
from following import follow

from matcher.policy import load_policy
from matcher.rounds.edits import create_round
from matcher.rounds.keeping import read_state

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_policy_is_edited_on_a_phone_without_javascript(browser: Any, real_app: APIFlask, real_address: str) -> None:
    store = real_app.extensions["wop"].store
    with real_app.app_context():
        as_of = real_app.extensions["wop"].now().as_of
    id = create_round(store, "On a phone", as_of=as_of, who="Ana", policy=load_policy("best_fit")).id
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{real_address}/rounds/{id}/policy")
    page.get_by_label("As many mentees with a partner as possible").check()
    page.locator("summary", has_text="Where they are and what they speak").click()
    page.get_by_role("combobox", name="Language", exact=True).select_option(label="mandatory")
    page.locator("summary", has_text="near: 500 km").click()
    page.get_by_label("Near, in km").fill("750")
    page.locator("summary", has_text="Balance what a group").click()
    page.get_by_label("Whose giving and receiving").select_option(label="in fragile states")
    page.get_by_role("region", name="Limits").get_by_label("at most").last.fill("5")
    page.locator("summary", has_text="Add a limit").click()
    page.get_by_label("How many, or how much").fill("6")
    page.get_by_label("Of which group").select_option(label="in fragile states")
    follow(page.get_by_role("button", name="Add the limit"))
    saving = page.get_by_role("region", name="What saving changes").inner_text()
    assert "Most mentees with a partner, Best total fit" in saving
    assert "The rule “Language” becomes: mandatory" in saving
    assert "At least 6 partnerships for mentees in fragile states." in saving
    assert "Distance – Near, in km: 750 (before: 500)." in saving
    assert "given minus partnerships received by utilities in fragile states, at most 5." in saving
    follow(page.get_by_role("button", name="Down").first)
    page.get_by_label("Reason").fill("Asked for by the board")
    follow(page.get_by_role("button", name="Save the policy"))
    assert "Nothing: this is the saved policy." in page.content()
    assert page.url.endswith(f"/rounds/{id}/policy#saved")
    with store.read() as reader:
        saved = read_state(reader, id).policy
    assert saved["goals"] == ["best_fit", "most_mentees", "stable"]
    assert saved["rules"]["language"]["mode"] == "mandatory"
    first, second = saved["limits"]
    assert (first["at_least"], first["mentee"]["fragile"]) == (6.0, True)
    assert (second["counts"], second["at_most"]) == ("balance", 5.0)
    context.close()

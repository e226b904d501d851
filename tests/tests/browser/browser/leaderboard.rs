//! A reader of the leaderboard: filters that apply at once, lines that come in, cells that tell, on a phone and in the dark.

use arena_tests::harness::{Browser, BulkVotes, Look, Options, eventually_async};
use serde_json::json;

use super::start;

const PHONE: (u32, u32) = (320, 700);

/// Scrolls to a part of the page.
async fn look_at(browser: &Browser, part: &str) {
    browser.run(&format!("document.querySelector('#{part}').scrollIntoView()")).await;
}

#[tokio::test]
async fn filters_tabs_and_columns_apply_at_once_and_the_way_back_leads_back() {
    let arena = start(Options::bare()).await;
    arena.store().await.fill(BulkVotes { models: 12, voters: 80, votes: 3000 }).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&arena.url("/leaderboard")).await;
    browser.read("#board", "3,000 votes").await;
    browser.screenshot("leaderboard-wide").await;
    assert_eq!(browser.run("return getComputedStyle(document.querySelector('.show')).display").await, "none");
    browser.run("document.querySelector('#language').value = 'zh'; document.querySelector('#language').dispatchEvent(new Event('change', { bubbles: true }))").await;
    browser.read("#board", "1,500 votes").await;
    browser.click(".tabs a[href*='category=coding']").await;
    browser.find(".tabs a[aria-current][href*='category=coding']").await;
    browser.read("#board", "500 votes").await;
    let address = browser.run("return location.search").await;
    let address = address.as_str().expect("an address");
    assert!(address.contains("language=zh") && address.contains("category=coding"), "{address}");
    assert_eq!(browser.run("return document.querySelector('#language').value").await, "zh");
    browser.run("history.back()").await;
    browser.read("#board", "1,500 votes").await;
    browser.click("a[data-key=sort-name]").await;
    browser.find("th[aria-sort=ascending] a[data-key=sort-name]").await;
    browser.write("#q", "Mixtral").await;
    eventually_async("only the models looked for are there", async || {
        let table = browser.text("table.board").await;
        (table.contains("Mixtral-8x7B") && !table.contains("Model 2")).then_some(())
    })
    .await;
    assert_eq!(browser.run("return document.activeElement.id").await, "q", "typing goes on");
    browser.click("[data-reset]").await;
    browser.read("#board", "3,000 votes").await;
    browser.click(".more summary").await;
    assert_eq!(browser.run("return getComputedStyle(document.querySelector('[data-reset]')).display").await, "none");
    browser.click("input[name=style]").await;
    browser.read("#board", "What style does to votes").await;
    browser.click(".columns summary").await;
    browser.click("input[value=licence]").await;
    browser.read("table.board thead", "Licen").await;
    browser.screenshot("leaderboard-filters").await;
    for part in ["style", "chart-title", "win-rates", "counts"] {
        look_at(&browser, part).await;
        browser.screenshot(&format!("leaderboard-{part}")).await;
    }
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn new_votes_come_in_while_the_page_stays_where_it_is() {
    let arena = start(Options::bare()).await;
    let store = arena.store().await;
    store.fill(BulkVotes { models: 12, voters: 80, votes: 800 }).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&arena.url("/leaderboard")).await;
    browser.read("#board", "800 votes").await;
    browser.click("details[data-keep=how] summary").await;
    browser.run("window.scrollTo(0, 700); window.shown = document.querySelector('[data-board]')").await;
    let scrolled = browser.run("return window.scrollY").await;
    store
        .execute(
            "WITH voted AS (
                INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice)
                SELECT gen_random_uuid(), voter_id, kind, language, model_a, model_b, choice FROM votes LIMIT 1 RETURNING *
            ), counted AS (
                UPDATE pair_counts SET ties = ties + (choice = 'tie')::int, both_bad = both_bad + (choice = 'both_bad')::int,
                    wins_low = wins_low + ((choice = 'a') = (model_a < model_b) AND choice IN ('a', 'b'))::int,
                    wins_high = wins_high + ((choice = 'a') <> (model_a < model_b) AND choice IN ('a', 'b'))::int
                FROM voted WHERE pair_counts.language = voted.language
                    AND model_low = least(model_a, model_b) AND model_high = greatest(model_a, model_b)
            )
            UPDATE elo_ratings SET changes = changes + 1 FROM voted WHERE model_id = model_a",
        )
        .await;
    browser.read("[data-status]", "New votes").await;
    browser.read("#board", "801 votes").await;
    assert_eq!(browser.run("return window.scrollY").await, scrolled, "the page stays where it is");
    assert_eq!(browser.run("return document.querySelector('[data-keep=how]').open").await, true);
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn cells_of_the_heat_map_tell_their_interval_by_keyboard() {
    let arena = start(Options::bare()).await;
    arena.store().await.fill(BulkVotes { models: 6, voters: 80, votes: 900 }).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&arena.url("/leaderboard")).await;
    browser.run("document.querySelector('[data-cells] td[tabindex]').focus()").await;
    let first = browser.read("section:has(#win-rates) [data-told]", "95% CI").await;
    browser.press_code("ArrowDown", "ArrowDown").await;
    eventually_async("the next cell tells its own", async || {
        let told = browser.text("section:has(#win-rates) [data-told]").await;
        (told != first && told.contains("95% CI")).then_some(())
    })
    .await;
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn without_scripts_the_button_shows_what_was_chosen() {
    let arena = start(Options::bare()).await;
    arena.store().await.fill(BulkVotes { models: 6, voters: 80, votes: 900 }).await;
    let browser = Browser::open(Look::default()).await;
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.go(&arena.url("/leaderboard")).await;
    browser.click("#language option[value=zh]").await;
    browser.click(".show").await;
    browser.read("#board", "450 votes").await;
    browser.click(".tabs a[href*='category=coding']").await;
    browser.read("#board", "150 votes").await;
    browser.click("table.board thead th:last-child a").await;
    browser.find("th[aria-sort=descending]:last-child").await;
    browser.screenshot("leaderboard-plain").await;
    browser.close().await;
}

#[tokio::test]
async fn a_leaderboard_of_any_size_fits_a_small_phone() {
    for (votes, name) in [(0, "none"), (1, "one"), (2, "two"), (500, "many")] {
        let arena = start(Options::bare()).await;
        arena.store().await.fill(BulkVotes { models: 8, voters: 40, votes }).await;
        for look in [Look { size: PHONE, ..Look::default() }, Look { size: PHONE, ..Look::default().chinese().dark() }]
        {
            let language = look.language;
            let browser = Browser::open(look).await;
            for (page, path) in [
                ("board", "/leaderboard"),
                ("style", "/leaderboard?style=on&compare=languages&category=coding"),
                ("direct", "/leaderboard?kind=direct"),
            ] {
                browser.go(&arena.url(path)).await;
                browser.find("#board").await;
                browser.assert_fits().await;
                browser.screenshot(&format!("leaderboard-{name}-{page}-{language}")).await;
                for part in ["ranking", "style", "gap", "chart-title", "win-rates"] {
                    if browser.has(&format!("#{part}")).await {
                        look_at(&browser, part).await;
                        browser.screenshot(&format!("leaderboard-{name}-{page}-{part}-{language}")).await;
                    }
                }
            }
            browser.assert_quiet(&[]).await;
            browser.close().await;
        }
    }
}

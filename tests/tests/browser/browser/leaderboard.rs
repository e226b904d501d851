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
    let asked =
        "return performance.getEntriesByType('resource').filter(e => e.name.includes('/leaderboard/version')).length";
    assert_eq!(browser.run(asked).await, 0, "the stream told it");
    assert_eq!(browser.run("return window.scrollY").await, scrolled, "the page stays where it is");
    assert_eq!(browser.run("return document.querySelector('[data-keep=how]').open").await, true);
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

/// One more vote for what there is, counted.
async fn one_more_vote(store: &arena_tests::harness::Store) {
    store.execute("INSERT INTO elo_ratings (kind, language, model_id, rating) SELECT 'battle', '*', id, 1000 FROM models LIMIT 1 \
        ON CONFLICT (kind, language, model_id) DO UPDATE SET changes = elo_ratings.changes + 1").await;
}

#[tokio::test]
async fn without_a_stream_the_page_asks_and_a_hidden_one_does_nothing() {
    let arena = start(Options::bare()).await;
    let store = arena.store().await;
    store.fill(BulkVotes { models: 6, voters: 80, votes: 600 }).await;
    let browser = Browser::open(Look::default()).await;
    browser.go(&arena.url("/leaderboard")).await;
    browser.read("#board", "600 votes").await;
    // From now on every stream is refused, as by a server that has too many readers.
    browser
        .run(
            "window.EventSource = class extends EventTarget { static CLOSED = 2; readyState = 2; close() {}
                constructor() { super(); setTimeout(() => this.dispatchEvent(new Event('error'))); } };
            document.querySelector(\".tabs a[href*='category=coding']\").click()",
        )
        .await;
    browser.find(".tabs a[aria-current][href*='category=coding']").await;
    one_more_vote(&store).await;
    browser.read("[data-status]", "New votes").await;
    // Nobody looks: nothing is asked.
    let look = |hidden: bool| {
        format!(
            "Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {hidden} }});
            document.dispatchEvent(new Event('visibilitychange'))"
        )
    };
    browser.run(&look(true)).await;
    let asked = "return performance.getEntriesByType('resource').filter(e => e.name.includes('/leaderboard')).length";
    let before = browser.run(asked).await;
    tokio::time::sleep(std::time::Duration::from_secs(7)).await;
    assert_eq!(browser.run(asked).await, before, "a hidden page asked");
    one_more_vote(&store).await;
    browser.run("document.querySelector('[data-status]').textContent = ''").await;
    browser.run(&look(false)).await;
    browser.read("[data-status]", "New votes").await;
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

/// The width and height that a PNG says, and some of its bytes.
async fn kept_png(browser: &Browser, name: &str) -> (Vec<u64>, String) {
    let kept = eventually_async(&format!("{name} is kept"), async || {
        let found = browser.run(&format!("return window.kept.find(one => one.name.includes({name:?}))?.base64")).await;
        found.as_str().map(str::to_owned)
    })
    .await;
    let size = browser
        .run(&format!(
            "const bytes = Uint8Array.from(atob({kept:?}), c => c.charCodeAt(0)); const view = new DataView(bytes.buffer);
            return [view.getUint32(0), view.getUint32(16), view.getUint32(20)]"
        ))
        .await;
    let size = size.as_array().expect("numbers").iter().filter_map(serde_json::Value::as_u64).collect();
    (size, kept)
}

/// Puts a picture beside the screenshots, to be looked at.
fn save(name: &str, base64: &str) {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(base64).expect("base64");
    let folder = arena_tests::harness::screenshots();
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join(format!("{name}.png")), bytes))
        .expect("a picture");
}

#[tokio::test]
async fn charts_are_kept_as_pictures_with_their_colours() {
    let arena = start(Options::bare()).await;
    arena.store().await.fill(BulkVotes { models: 6, voters: 80, votes: 900 }).await;
    for (look, ground) in [(Look::default(), "rgb(255, 255, 255)"), (Look::default().dark(), "rgb(28, 30, 33)")] {
        let scheme = if look.dark { "dark" } else { "light" };
        let browser = Browser::open(look).await;
        let keep = "window.kept = []; let last; URL.createObjectURL = (blob) => { last = blob; return 'blob:kept' };
            URL.revokeObjectURL = () => {};
            HTMLAnchorElement.prototype.click = function () { const [name, reader] = [this.download, new FileReader()];
                reader.onload = () => window.kept.push({ name, base64: reader.result.split(',')[1] }); reader.readAsDataURL(last) }";
        browser.go(&arena.url("/leaderboard")).await;
        browser.run(keep).await;
        browser.run("document.querySelector('section[aria-labelledby=chart-title] .files button').click()").await;
        let (size, wide) = kept_png(&browser, "ratings-battle-all.png").await;
        // A PNG of twice the drawing's width.
        assert_eq!(size[..2], [0x8950_4E47, 2360]);
        save(&format!("kept-ratings-{scheme}"), &wide);
        browser.run("document.querySelector('section:has(#win-rates) .files button').click()").await;
        let (size, heat) = kept_png(&browser, "win-rates-battle-all.png").await;
        assert_eq!(size[0], 0x8950_4E47);
        save(&format!("kept-win-rates-{scheme}"), &heat);
        browser.assert_quiet(&[]).await;
        browser.go(&arena.url("/compare?a=model-1&b=model-6")).await;
        browser.find(".pictures button").await;
        browser.run(keep).await;
        browser.run("document.querySelectorAll('.pictures button').forEach(one => one.click())").await;
        let (size, differences) = kept_png(&browser, "differences.png").await;
        assert_eq!(size[..2], [0x8950_4E47, 720]);
        save(&format!("kept-differences-{scheme}"), &differences);
        let svg = browser.run("return atob(window.kept.find(one => one.name === 'differences.svg').base64)").await;
        let svg = svg.as_str().expect("a drawing");
        // What the style sheet says is in the file, and nothing that points out of it.
        assert!(svg.contains(ground) && svg.contains("font-size") && !svg.contains("var("), "{svg}");
        browser.screenshot(&format!("compare-pictures-{scheme}")).await;
        browser.assert_quiet(&[]).await;
        browser.close().await;
    }
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
                ("ties", "/leaderboard?ties=davidson"),
                ("check", "/leaderboard?intervals=bootstrap"),
            ] {
                browser.go(&arena.url(path)).await;
                browser.find("#board").await;
                browser.assert_fits().await;
                browser.screenshot(&format!("leaderboard-{name}-{page}-{language}")).await;
                for part in ["ranking", "style", "gap", "redrawn", "chart-title", "win-rates"] {
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

//! The administrator's desk: votes taken back and put back, endpoints checked on the spot.

use arena_tests::harness::{Arena, Behaviour, Browser, Endpoint, Look, Options, eventually_async};

use super::{Stage, ask, poem, start};

/// Takes the one-time link.
pub async fn sign_in(browser: &Browser, arena: &Arena) {
    browser.go(&arena.admin_link()).await;
    browser.write("#name", "ada").await;
    browser.write("#password", "correct horse battery").await;
    browser.write("#again", "correct horse battery").await;
    browser.click("main form button").await;
    eventually_async("the overview", async || (browser.path().await == "/admin").then_some(())).await;
}

/// Signs in by name and password.
pub async fn sign_in_again(browser: &Browser, arena: &Arena) {
    browser.go(&arena.url("/admin/sign-in")).await;
    browser.write("#name", "ada").await;
    browser.write("#password", "correct horse battery").await;
    browser.click("main form button").await;
    eventually_async("the overview", async || (browser.path().await == "/admin").then_some(())).await;
}

async fn board_counts(arena: &Arena, votes: u64) {
    eventually_async(&format!("the board counts {votes}"), async || {
        (arena.visitor().fetch("/leaderboard.json").await.json()["votes"].as_u64() == Some(votes)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_vote_leaves_the_board_and_a_restored_one_returns_and_both_are_in_the_audit_log() {
    let stage = Stage::with(poem(1), poem(1)).await;
    let browser = Browser::open(Look { size: (360, 780), ..Look::default() }).await;
    browser.go(&stage.arena.url("/battle")).await;
    ask(&browser, "A poem").await;
    browser.click("[data-vote] [value=a]").await;
    browser.see("[data-revealed]").await;
    board_counts(&stage.arena, 1).await;
    sign_in(&browser, &stage.arena).await;
    browser.go(&stage.arena.url("/admin/votes")).await;
    browser.click("button[name=withdrawn][value=true]").await;
    browser.see("button[name=withdrawn][value=false]").await;
    board_counts(&stage.arena, 0).await;
    browser.screenshot("phone-admin-votes").await;
    browser.click("button[name=withdrawn][value=false]").await;
    browser.see("button[name=withdrawn][value=true]").await;
    board_counts(&stage.arena, 1).await;
    browser.go(&stage.arena.url("/admin/audit")).await;
    browser.read("main", "Withdrew a vote").await;
    browser.read("main", "Restored a vote").await;
    let nav =
        browser.run("const n = document.querySelector('.admin-bar nav'); return n.scrollWidth <= n.clientWidth").await;
    assert_eq!(nav, true, "the administration's navigation scrolls sideways on a phone");
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn a_checked_endpoint_says_what_it_found_and_its_saved_models_join_the_next_battle() {
    let arena = start(Options::bare()).await;
    let endpoint = Endpoint::start();
    endpoint.model("one", poem(1));
    endpoint.model("two", poem(1));
    let browser = Browser::open(Look::default()).await;
    sign_in(&browser, &arena).await;
    let seconds = regex::Regex::new(r"\d\.\d\d s").expect("a regular expression");
    for (name, remote) in [("Far Poet", "one"), ("Farther Poet", "two")] {
        browser.go(&arena.url("/admin/models/new?kind=endpoint")).await;
        browser.write("#base_url", &endpoint.base_url()).await;
        browser.click("button[value=look]").await;
        browser.click(&format!("input[name=chosen][value={remote}]")).await;
        browser.click("button[value=competes]").await;
        browser.write("#display_name", name).await;
        browser.click("button[value=check]").await;
        let found = browser.read("#finding.good", "The endpoint responds").await;
        assert!(found.contains("秋江") && seconds.is_match(&found), "it does not say what it found: {found}");
        browser.click("button[value=save]").await;
        eventually_async("the list", async || (browser.path().await == "/admin/models").then_some(())).await;
        browser.read("main", name).await;
    }
    browser.go(&arena.url("/battle")).await;
    ask(&browser, "A poem").await;
    browser.click("[data-vote] [value=b]").await;
    let names = browser.read("[data-revealed]", "Far Poet").await;
    assert!(names.contains("Farther Poet"), "{names}");
    browser.assert_quiet(&[]).await;
    browser.close().await;
}

#[tokio::test]
async fn models_of_one_endpoint_are_chosen_in_a_list_and_registered_together_on_a_phone() {
    let arena = start(Options::bare()).await;
    let endpoint = Endpoint::start();
    for model in 0..14 {
        endpoint.model(&format!("verse-{model:02}"), poem(1));
    }
    endpoint.model("mute", Behaviour::says(&[]));
    for (look, name) in [(Look::default().chinese().phone(), "phone-zh"), (Look::default(), "desk-en")] {
        let browser = Browser::open(look).await;
        if name == "phone-zh" {
            sign_in(&browser, &arena).await;
        } else {
            sign_in_again(&browser, &arena).await;
        }
        browser.go(&arena.url("/admin/models/new")).await;
        browser.click("button[value=endpoint]").await;
        browser.write("#base_url", &endpoint.base_url()).await;
        let step = async |step: &str| {
            browser.assert_fits().await;
            browser.assert_accessible(step).await;
            browser.screenshot(&format!("register-{step}-{name}")).await;
        };
        step("1-place").await;
        browser.click("button[value=look]").await;
        browser.see("#listed").await;
        // As a person scrolls: not behind the buttons at the bottom.
        let tick = async |name: &str| {
            let css = format!("#listed [value={name}]");
            browser.run(&format!("document.querySelector('{css}').scrollIntoView({{ block: 'center' }})")).await;
            browser.click(&css).await;
        };
        // The list is narrowed down, and what is ticked stays.
        let (first, second) = if name == "phone-zh" { ("verse-03", "verse-11") } else { ("verse-04", "verse-12") };
        tick(first).await;
        browser.write("#filter", "mut").await;
        tick("mute").await;
        let seen = browser.run("return document.querySelectorAll('#listed > li:not([hidden])').length").await;
        assert_eq!(seen, 2);
        // Emptied as by its cross.
        let emptied =
            "const box = document.querySelector('#filter'); box.value = ''; box.dispatchEvent(new Event('input'))";
        browser.run(emptied).await;
        tick(second).await;
        step("2-found").await;
        browser.click("button[value=competes]").await;
        browser.see("[name='name:mute']").await;
        step("3-competes").await;
        browser.click("button[value=save]").await;
        browser.see("#finding").await;
        step("4-results").await;
        let left = browser.run("return document.querySelector('#display_name').value").await;
        assert_eq!(left, "mute", "the refused one stays for a second try");
        browser.click(".results .button").await;
        browser.read("main", first).await;
        browser.assert_quiet(&[]).await;
        browser.close().await;
    }
}

/// Whether what stands in each row of the bar stands side by side.
const IN_ROWS: &str = "return [...document.querySelectorAll('.admin-bar nav ul')].every(list => \
    new Set([...list.children].map(one => one.getBoundingClientRect().top)).size <= 1)";

#[tokio::test]
async fn the_bar_has_two_short_rows_and_says_where_one_is() {
    let arena = start(Options::bare()).await;
    for (at, look) in
        [Look::default(), Look::default().phone(), Look::default().chinese().phone()].into_iter().enumerate()
    {
        let browser = Browser::open(look).await;
        if at == 0 {
            sign_in(&browser, &arena).await
        } else {
            sign_in_again(&browser, &arena).await
        }
        let paths = [
            "/admin",
            "/admin/charts",
            "/admin/models",
            "/admin/models/new",
            "/admin/prompts",
            "/admin/votes",
            "/admin/votes/import",
            "/admin/battles",
            "/admin/voters",
            "/admin/judge",
            "/admin/identity",
            "/admin/site",
            "/admin/site/terms",
            "/admin/accounts",
            "/admin/tokens",
            "/admin/audit",
        ];
        for path in paths {
            browser.go(&arena.url(path)).await;
            browser.find(".admin-bar").await;
            assert_eq!(browser.run(IN_ROWS).await, true, "the bar wraps on {path}, {at}");
            let here = browser.run("return [...document.querySelectorAll('.admin-bar [aria-current=page]')].map(one => one.getAttribute('href')).join()").await;
            let here = here.as_str().unwrap_or_default().to_owned();
            assert!(!here.contains(',') && path.starts_with(&here) && !here.is_empty(), "{path}: {here}");
            browser.assert_fits().await;
        }
        browser.screenshot(&format!("admin-bar-{at}")).await;
        // From one group to another by its link.
        browser.click(".admin-bar .groups a[href='/admin/site']").await;
        browser.find(".admin-bar .pages a[href='/admin/tokens']").await;
        browser.close().await;
    }
}

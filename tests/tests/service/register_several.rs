//! Registering in steps: several models of an endpoint in one act, each with its own result, and nothing that was typed is lost.

use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Behaviour, Client, Ending, Endpoint, Form, Options, Reply, models_folder};
use serde_json::json;

use crate::registration::token;
use crate::stage::administrator;

async fn arena() -> Arena {
    tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("the arena starts")
}

fn says() -> Behaviour {
    Behaviour::says(&["An ", "**answer**."])
}

fn form_of(page: &Reply) -> Form {
    page.form("to register", |form| form.action == "/admin/models" && form.has("step"))
}

/// Ticks these of the list, and no other.
fn choosing(mut form: Form, names: &[&str]) -> Form {
    form.fields.retain(|(name, _)| name != "chosen");
    form.fields.extend(names.iter().map(|name| ("chosen".to_owned(), (*name).to_owned())));
    form
}

fn chosen(form: &Form) -> Vec<&str> {
    form.fields.iter().filter(|(name, _)| name == "chosen").map(|(_, value)| value.as_str()).collect()
}

async fn press(admin: &Client, form: &Form, button: &str) -> Reply {
    admin.submit(form, Some(("action", button))).await
}

/// The step after the place of this endpoint.
async fn look(admin: &Client, base: &str) -> Reply {
    let page = admin.get("/admin/models/new?kind=endpoint").await.expect(200);
    press(admin, &form_of(&page).with("base_url", base), "look").await
}

#[tokio::test]
async fn several_models_are_registered_in_one_act_and_the_refused_ones_stay_for_a_second_try() {
    let arena = arena().await;
    let admin = administrator(&arena).await;
    let endpoint = Endpoint::start();
    for model in ["alpha", "beta", "gamma"] {
        endpoint.model(model, says());
    }
    endpoint.model("mute", Behaviour::says(&[]));
    endpoint.model("angry", Behaviour::says(&[]).ending(Ending::Status(400, "I take offence".to_owned())));
    let found = look(&admin, &endpoint.base_url()).await.expect(200);
    assert!(found.words().contains("The endpoint lists 5 models"), "{}", found.words());
    // To go on without a choice says so, and the place is still known.
    let none = press(&admin, &form_of(&found), "competes").await.expect(422);
    assert!(none.words().contains("Select at least one model"), "{}", none.words());
    let form = choosing(form_of(&none), &["alpha", "beta", "mute", "angry"]);
    let competes = press(&admin, &form, "competes").await.expect(200);
    let form = form_of(&competes).with("name:alpha", "First Alpha").with("sampling_weight", "2").with("family", "Test");
    assert_eq!(form.value("name:beta"), Some("beta"), "called as the endpoint calls it");
    // There and back again.
    let back = form_of(&press(&admin, &form, "found").await.expect(200));
    assert_eq!(chosen(&back), ["alpha", "angry", "beta", "mute"]);
    let first = form_of(&press(&admin, &back, "place").await.expect(200));
    assert_eq!(first.value("base_url"), Some(endpoint.base_url().as_str()));
    let back = form_of(&press(&admin, &first, "look").await.expect(200));
    let form = form_of(&press(&admin, &back, "competes").await.expect(200));
    assert_eq!((form.value("name:alpha"), form.value("sampling_weight")), (Some("First Alpha"), Some("2")));
    // A mistake in what all share is told before any of them is asked.
    let asked = endpoint.requests().len();
    let wrong = press(&admin, &form.clone().with("sampling_weight", "lots"), "save").await.expect(422);
    assert!(wrong.words().contains("Enter a number within") && endpoint.requests().len() == asked, "{}", wrong.words());
    assert_eq!(form_of(&wrong).value("name:alpha"), Some("First Alpha"));
    // Only to check registers nothing.
    let checked = press(&admin, &form, "check").await.expect(200);
    assert!(checked.words().contains("2 of 4 models respond"), "{}", checked.words());
    let store = arena.store().await;
    assert_eq!(store.count("SELECT count(*) FROM models").await, 0);
    let saved = press(&admin, &form, "save").await.expect(200);
    let words = saved.words();
    assert!(words.contains("2 of 4 models are registered") && words.contains("I take offence"), "{words}");
    assert!(saved.text.contains("<strong>answer</strong>"), "a sample answer is shown as an answer");
    let names = store.texts("SELECT display_name || ' ' || sampling_weight FROM models ORDER BY display_name").await;
    assert_eq!(names, ["First Alpha 2", "beta 2"]);
    let deeds = store.texts("SELECT subject FROM audit_log WHERE action = 'model.register' ORDER BY subject").await;
    assert_eq!(deeds, ["beta", "first-alpha"]);
    // What is left is still there, and goes on once it is mended.
    let left = form_of(&saved);
    let mut names = chosen(&left);
    names.sort_unstable();
    assert_eq!((left.value("family"), names), (Some("Test"), vec!["angry", "mute"]));
    endpoint.model("mute", says());
    endpoint.model("angry", says());
    let again = press(&admin, &left, "save").await.expect(200);
    assert!(again.words().contains("2 of 2 models are registered") && !again.text.contains("name=\"step\""));
    // The same form once more makes no twins.
    let twice = press(&admin, &left, "save").await.expect(200);
    assert!(twice.words().contains("already registered"), "{}", twice.words());
    assert_eq!(store.count("SELECT count(*) FROM models").await, 4);
    let known = look(&admin, &endpoint.base_url()).await.expect(200).words();
    assert!(known.contains("registered as First Alpha"), "{known}");
}

#[tokio::test]
async fn each_model_is_told_of_as_soon_as_it_is_done() {
    let arena = arena().await;
    let admin = administrator(&arena).await;
    let endpoint = Endpoint::start();
    endpoint.model("quick", says());
    endpoint.model("slow", Behaviour { before_first: Duration::from_secs(4), ..says() });
    let found = look(&admin, &endpoint.base_url()).await.expect(200);
    let form = choosing(form_of(&found), &["slow", "quick"]);
    let form = form_of(&press(&admin, &form, "competes").await.expect(200));
    let began = Instant::now();
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    body.append_pair("action", "save");
    let request = admin.request("POST", "/admin/models").header("content-type", "application/x-www-form-urlencoded");
    let mut reply = request.body(body.finish()).send().await.expect("an answer");
    let mut seen = String::new();
    while !seen.contains("1 / 2") {
        let chunk = reply.chunk().await.expect("it goes on").expect("it has not ended");
        seen.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(began.elapsed() < Duration::from_secs(3), "nothing was seen for {:?}", began.elapsed());
    assert!(seen.contains("Checking 2 models") && seen.contains("quick") && !seen.contains("2 / 2"));
    while let Some(chunk) = reply.chunk().await.expect("it goes on") {
        seen.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(seen.contains("2 of 2 models are registered") && seen.trim_end().ends_with("</html>"));
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_registered_only_by_the_button_that_says_so() {
    let arena = arena().await;
    let admin = administrator(&arena).await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let found = look(&admin, &format!("http://{gone}/v1")).await.expect(200);
    assert!(found.words().contains("The endpoint gave no list of models"), "{}", found.words());
    let form = form_of(&found).with("others", "one\r\n two \r\none");
    let form = form_of(&press(&admin, &form, "competes").await.expect(200));
    assert_eq!(chosen(&form), ["one", "two"]);
    assert!(!form.buttons.iter().any(|(_, value)| value == "force"));
    let refused = press(&admin, &form, "save").await.expect(200);
    assert!(refused.words().contains("0 of 2 models are registered"), "{}", refused.words());
    let form = form_of(&refused);
    assert!(form.buttons.iter().any(|(_, value)| value == "force"), "{:?}", form.buttons);
    let forced = press(&admin, &form, "force").await.expect(200);
    assert!(forced.words().contains("2 of 2 models are registered"), "{}", forced.words());
    // One alone has the same button.
    let form = choosing(form_of(&found), &["three"]);
    let form = form_of(&press(&admin, &form, "competes").await.expect(200));
    assert_eq!(form.value("display_name"), Some("three"));
    let form = form_of(&press(&admin, &form, "save").await.expect(422));
    let page = press(&admin, &form, "force").await.expect(200);
    assert_eq!(page.path, "/admin/models?done=three");
}

#[tokio::test]
async fn keys_and_the_other_kind_s_fields_travel_through_the_steps() {
    let arena = arena().await;
    let admin = administrator(&arena).await;
    let endpoint = Endpoint::start();
    endpoint.model("m", says().wanting_key("sk-through-steps"));
    endpoint.model("n", says().wanting_key("sk-through-steps"));
    let page = admin.get("/admin/models/new").await.expect(200);
    let file = models_folder().join("pupil-5m-q4_K.gguf").to_string_lossy().into_owned();
    let form = form_of(&page).with("path", &file);
    let other = form_of(&press(&admin, &form, "endpoint").await.expect(200));
    let form = other.with("base_url", endpoint.base_url()).with("api_key", "sk-through-steps");
    let back = form_of(&press(&admin, &form, "local").await.expect(200));
    assert_eq!(back.value("path"), Some(file.as_str()), "the path is lost by a look at the other kind");
    // The file is found, with an answer, and brings its name along.
    let found = press(&admin, &back, "look").await.expect(200);
    assert!(found.words().contains("This model can be loaded") && found.text.contains("class=\"sample\""));
    let named = form_of(&press(&admin, &form_of(&found), "competes").await.expect(200));
    assert!(named.value("display_name").is_some_and(|name| !name.is_empty()) && named.value("quantisation").is_some());
    // And the endpoint's part is still there, its key sealed.
    let form = form_of(&press(&admin, &back, "endpoint").await.expect(200));
    assert_eq!(form.value("base_url"), Some(endpoint.base_url().as_str()));
    let form = choosing(form_of(&press(&admin, &form, "look").await.expect(200)), &["m", "n"]);
    let form = form_of(&press(&admin, &form, "competes").await.expect(200));
    let saved = press(&admin, &form, "save").await.expect(200);
    assert!(saved.words().contains("2 of 2 models are registered"), "{}", saved.words());
    assert!(!admin.received().contains("sk-through-steps"));
}

#[tokio::test]
async fn a_base_url_without_its_ending_is_mended_by_a_button() {
    let arena = arena().await;
    let admin = administrator(&arena).await;
    let endpoint = Endpoint::start();
    endpoint.model("m", says());
    let short = endpoint.base_url().trim_end_matches("/v1").to_owned();
    let found = look(&admin, &short).await;
    let form = form_of(&found);
    let (_, button) = form.buttons.iter().find(|(_, value)| value.starts_with("base:")).expect("a button").clone();
    let mended = press(&admin, &form, &button).await.expect(200);
    assert!(mended.words().contains("The endpoint lists"), "{}", mended.words());
}

#[tokio::test]
async fn a_program_lists_an_endpoint_s_models_and_registers_several_of_them() {
    let arena = arena().await;
    let admin = administrator(&arena).await;
    let program = arena.visitor().header("authorization", &format!("Bearer {}", token(&admin).await));
    let endpoint = Endpoint::start();
    endpoint.model("good", says());
    endpoint.model("mute", Behaviour::says(&[]));
    let place = json!({ "base_url": endpoint.base_url() });
    let list = program.call("POST", "/api/v1/admin/endpoint-models", Some(&place)).await.expect(200).json();
    assert_eq!(list["models"][0], json!({ "remote_model": "good", "registered": [] }), "{list}");
    let several =
        json!({ "remote_models": ["good", "mute"], "model": { "base_url": endpoint.base_url(), "top_k": 40 } });
    let path = "/api/v1/admin/endpoint-models/register";
    let done = program.call("POST", path, Some(&several)).await.expect(200).json();
    assert_eq!(done["results"][0]["status"], "registered", "{done}");
    assert_eq!((&done["results"][0]["slug"], &done["results"][1]["status"]), (&json!("good"), &json!("refused")));
    assert!(done["results"][1]["detail"].as_str().is_some_and(|why| !why.is_empty()), "{done}");
    let again = program.call("POST", path, Some(&several)).await.expect(200).json();
    assert_eq!(again["results"][0]["status"], "known", "{again}");
    let list = program.call("POST", "/api/v1/admin/endpoint-models", Some(&place)).await.expect(200).json();
    assert_eq!(list["models"][0]["registered"], json!(["good"]), "{list}");
    // Mistakes are told by their fields, and strangers are told nothing.
    let wrong = json!({ "remote_models": ["good"], "model": { "base_url": "nowhere" } });
    program.call("POST", path, Some(&wrong)).await.expect(422);
    program.call("POST", path, Some(&json!({ "remote_models": [], "model": {} }))).await.expect(422);
    let gone = json!({ "base_url": "http://127.0.0.1:9/v1" });
    program.call("POST", "/api/v1/admin/endpoint-models", Some(&gone)).await.expect(422);
    arena.visitor().call("POST", path, Some(&several)).await.expect(401);
}

//! What the site is called, what it says, who may come in, and its limits: changed here, in force without a restart.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::fields::Field;
use crate::actions::change_site::ChangeSite;
use crate::actions::end_sessions::EndSessions;
use crate::domain::{
    Access, Field as Setting, FieldError, KEPT_SECRETS, SettingTexts, SiteGroup, SiteSettings, SiteText,
};
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{html, html_error, see_other};
use crate::i18n::{Locale, error_text};
use crate::state::AppState;
use crate::views::{Page, built_in, built_in_samples, text_html};

/// Where the forms are.
const PATH: &str = "/admin/site";

/// A part of the settings that has a form of its own: the pages of text are long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    General,
    Text(SiteText),
}

/// A heading and what stands under it.
#[derive(Debug)]
struct FormGroup {
    title: String,
    hint: String,
    fields: Vec<Field>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/site.html")]
struct SitePage {
    page: Page,
    admin: Admin,
    part: Part,
    groups: Vec<FormGroup>,
    /// The change that the form was opened after.
    revision: i64,
    refusal: Option<String>,
    is_done: bool,
    /// Whether sessions were ended.
    has_ended: bool,
    /// How the texts would look: the language and safe HTML.
    previews: Vec<(Locale, String)>,
}

/// The filled form.
#[derive(Debug, Deserialize)]
pub struct Filled {
    /// The settings, among whatever else was sent.
    #[serde(flatten)]
    texts: SettingTexts,
    #[serde(default)]
    revision: String,
    /// `save` or `preview`.
    #[serde(default)]
    action: String,
}

/// What came before.
#[derive(Debug, Deserialize)]
pub struct Before {
    #[serde(default)]
    done: String,
}

impl Part {
    /// Of the rest of the address: nothing, or a text's name.
    fn of(rest: Option<&str>) -> Result<Self, Error> {
        match rest {
            None => Ok(Self::General),
            Some(name) => name.parse().map(Self::Text).map_err(|_| Error::NotFound),
        }
    }

    fn groups(self) -> Vec<(SiteGroup, Vec<Setting>)> {
        let is_here = |group: SiteGroup, setting: &Setting| match self {
            Self::General => group != SiteGroup::Texts,
            Self::Text(text) => {
                let of_text = setting.name.strip_prefix(text.as_str()).is_some_and(|rest| rest.starts_with('_'));
                group == SiteGroup::Texts && of_text
            }
        };
        let groups = SiteGroup::ALL.iter().map(|group| {
            (*group, group.fields().into_iter().filter(|setting| is_here(*group, setting)).collect::<Vec<_>>())
        });
        groups.filter(|(_, settings)| !settings.is_empty()).collect()
    }

    fn path(self) -> String {
        match self {
            Self::General => PATH.to_owned(),
            Self::Text(text) => format!("{PATH}/{text}"),
        }
    }
}

/// What is built in where a setting is empty, as long texts are edited from it and not from nothing.
fn built_in_text(name: &str) -> Option<String> {
    let (what, language) = name.rsplit_once('_')?;
    let locale: Locale = language.parse().ok()?;
    match what {
        "samples" => Some(built_in_samples(locale)),
        what => Some(built_in(what.parse().ok()?, locale).trim().to_owned()),
    }
}

impl SitePage {
    fn of(
        request: &HttpRequest,
        arena: &AppState,
        admin: Admin,
        part: Part,
        texts: &SettingTexts,
        errors: &[FieldError],
    ) -> Self {
        let page = Page::of(request);
        let started = arena.site.started();
        let field = |setting: Setting| {
            let mut field = Field::of(&page, "site-", setting, texts, errors);
            field.placeholder = started.text(setting.name).unwrap_or_default();
            if KEPT_SECRETS.contains(&setting.name) {
                let has_one = !std::mem::take(&mut field.value).is_empty();
                field.placeholder = if has_one { page.t("site-secret-kept") } else { String::new() };
            } else if field.value.is_empty() && field.error.is_none() {
                field.value = built_in_text(setting.name).unwrap_or_default();
            }
            field
        };
        let group = |(group, settings): (SiteGroup, Vec<Setting>)| FormGroup {
            title: match part {
                Part::General => page.tn("site-group-", group.as_str()),
                Part::Text(text) => page.tn("text-title-", text),
            },
            hint: page.tn("site-about-", group.as_str()),
            fields: settings.into_iter().map(field).collect(),
        };
        let groups = part.groups().into_iter().map(group).collect();
        let revision = arena.site.revision();
        Self {
            page,
            admin,
            part,
            groups,
            revision,
            refusal: None,
            is_done: false,
            has_ended: false,
            previews: Vec::new(),
        }
    }

    fn is_general(&self) -> bool {
        self.part == Part::General
    }

    /// Whether there are sessions to end.
    fn has_sessions(&self) -> bool {
        self.is_general() && self.page.site.entry.access == Access::Oidc
    }

    fn is_text(&self, text: &SiteText) -> bool {
        self.part == Part::Text(*text)
    }
}

/// The form.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    query: web::Query<Before>,
) -> Result<HttpResponse, Error> {
    let part = Part::of(request.match_info().get("text"))?;
    let texts = arena.site.settings().show();
    let mut page = SitePage::of(&request, &arena, admin, part, &texts, &[]);
    page.is_done = query.done == "yes";
    page.has_ended = query.done == "ended";
    html(&page)
}

/// Keeps what was typed, or shows how it would look.
pub async fn save(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(filled): CsrfForm<Filled>,
) -> Result<HttpResponse, Error> {
    let part = Part::of(request.match_info().get("text"))?;
    let mut texts = arena.site.settings().show();
    for setting in part.groups().into_iter().flat_map(|(_, settings)| settings) {
        let typed = filled.texts.get(setting.name).cloned().unwrap_or_default();
        let stays = typed.trim().is_empty() && KEPT_SECRETS.contains(&setting.name);
        if !stays {
            texts.insert(setting.name.to_owned(), typed);
        }
    }
    // A secret is of no use without who it belongs to.
    if texts.get("oidc_client_id").is_none_or(|id| id.trim().is_empty()) {
        texts.remove("oidc_client_secret");
    }
    let mut checked = texts.clone();
    for (name, text) in &mut checked {
        // What is as built in stays built in: it changes with the program.
        if built_in_text(name).is_some_and(|built_in| built_in == text.replace("\r\n", "\n").trim()) {
            text.clear();
        }
    }
    let settings = match SiteSettings::check(&checked) {
        Ok(settings) => settings,
        Err(errors) => {
            let mut page = SitePage::of(&request, &arena, admin, part, &texts, &errors);
            page.refusal = Some(page.page.t("form-mistakes"));
            page.revision = filled.revision.parse().unwrap_or(page.revision);
            return html_error(&page, &Error::invalid("form", ""));
        }
    };
    if filled.action == "preview" {
        let mut page = SitePage::of(&request, &arena, admin, part, &texts, &[]);
        page.revision = filled.revision.parse().unwrap_or(page.revision);
        page.previews = previews(&page, part, settings, &arena);
        return html(&page);
    }
    let by = admin.id;
    let revision = filled.revision.parse().unwrap_or_default();
    match (ChangeSite { by, settings, revision }).run(&arena).await {
        Ok(()) => Ok(see_other(&format!("{}?done=yes", part.path()))),
        Err(error @ Error::Conflict(_)) => {
            // With the newest revision: whoever has read this and saves again means it.
            let mut page = SitePage::of(&request, &arena, admin, part, &texts, &[]);
            page.refusal = Some(error_text(&error, page.page.locale));
            html_error(&page, &error)
        }
        Err(error) => Err(error),
    }
}

/// Whose sessions are to end.
#[derive(Debug, Deserialize)]
pub struct EndForm {
    #[serde(default)]
    subject: String,
    /// Whether everybody's are meant, where nobody is named.
    #[serde(default)]
    everybody: String,
}

/// Ends sessions of people who signed in.
pub async fn end_sessions(
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<EndForm>,
) -> Result<HttpResponse, Error> {
    if form.subject.trim().is_empty() && form.everybody.is_empty() {
        return Err(Error::invalid("end-whose", ""));
    }
    EndSessions { by: admin.id, subject: form.subject }.run(&arena).await?;
    Ok(see_other(&format!("{PATH}?done=ended")))
}

fn previews(page: &SitePage, part: Part, settings: SiteSettings, arena: &AppState) -> Vec<(Locale, String)> {
    let Part::Text(text) = part else { return Vec::new() };
    let mut frame = page.page.clone();
    frame.site = std::sync::Arc::new(settings);
    let show = |locale| {
        let frame = Page { locale, ..frame.clone() };
        (locale, text_html(&frame, text, &arena.site.rules()))
    };
    [Locale::En, Locale::Zh].map(show).into()
}

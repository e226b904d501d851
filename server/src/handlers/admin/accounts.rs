//! Administrators: one's own password, invitations, who may sign in.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use crate::actions::change_admin::{ChangePassword, SetAccess};
use crate::actions::create_admin::{self, CloseInvitations, Invite};
use crate::domain::AdminId;
use crate::error::Error;
use crate::extract::{Admin, CsrfForm};
use crate::handlers::{NoFields, html, html_unprocessable, see_other};
use crate::i18n::error_text;
use crate::passwords;
use crate::state::AppState;
use crate::store::admins::{self, AdminRow};
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/accounts.html")]
struct AccountsPage {
    page: Page,
    admin: Admin,
    admins: Vec<AdminRow>,
    active: usize,
    open_links: i64,
    link_hours: i64,
    shortest: usize,
    /// An invitation that was just made: shown this once.
    invitation: Option<String>,
    done: Option<&'static str>,
    refusal: Option<String>,
}

async fn accounts(request: &HttpRequest, arena: &AppState, admin: Admin) -> Result<AccountsPage, Error> {
    let admins = admins::list(&arena.db).await?;
    Ok(AccountsPage {
        page: Page::of(request),
        admin,
        active: admins.iter().filter(|row| row.disabled_at.is_none()).count(),
        admins,
        open_links: admins::count_links(&arena.db).await?,
        link_hours: create_admin::LINK_HOURS,
        shortest: passwords::SHORTEST,
        invitation: None,
        done: None,
        refusal: None,
    })
}

/// What to confirm after a form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// The list.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    query: web::Query<Done>,
) -> Result<HttpResponse, Error> {
    let done = (query.done == "password").then_some("accounts-password-done");
    html(&AccountsPage { done, ..accounts(&request, &arena, admin).await? })
}

/// Makes an invitation and shows it.
pub async fn invite(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let token = Invite { by: Some(admin.id) }.run(&arena).await?;
    let invitation = Some(format!("{}/admin/welcome/{token}", arena.config.origin(request.connection_info().host())));
    html(&AccountsPage { invitation, ..accounts(&request, &arena, admin).await? })
}

/// Closes the invitations that nobody used.
pub async fn close_invitations(
    arena: web::Data<AppState>,
    admin: Admin,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    CloseInvitations { by: admin.id }.run(&arena).await?;
    Ok(see_other("/admin/accounts"))
}

/// Whether an administrator may sign in from now on.
#[derive(Debug, Deserialize)]
pub struct Access {
    disabled: bool,
}

/// Disables an administrator or lets one in again.
pub async fn set_access(
    arena: web::Data<AppState>,
    admin: Admin,
    target: web::Path<AdminId>,
    CsrfForm(form): CsrfForm<Access>,
) -> Result<HttpResponse, Error> {
    SetAccess { by: Some(admin.id), target: *target, disabled: form.disabled }.run(&arena).await?;
    Ok(see_other("/admin/accounts"))
}

/// The form of the password.
#[derive(Debug, Deserialize)]
pub struct Password {
    old: SecretString,
    password: SecretString,
    again: SecretString,
}

/// Changes one's own password.
pub async fn change_password(
    request: HttpRequest,
    arena: web::Data<AppState>,
    admin: Admin,
    CsrfForm(form): CsrfForm<Password>,
) -> Result<HttpResponse, Error> {
    let Password { old, password: new, again } = form;
    match (ChangePassword { admin: admin.clone(), old, new, again }).run(&arena).await {
        Ok(()) => Ok(see_other("/admin/accounts?done=password")),
        Err(error @ Error::Invalid { .. }) => {
            let accounts = accounts(&request, &arena, admin).await?;
            let refusal = Some(error_text(&error, accounts.page.locale));
            html_unprocessable(&AccountsPage { refusal, ..accounts })
        }
        Err(error) => Err(error),
    }
}

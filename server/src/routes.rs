//! Every URL of the service, in one table.

use actix_web::web::{self, ServiceConfig};

use crate::error::Error;
use crate::handlers::{
    admin, api, battle, health, history, home, language, leaderboard, metrics, models, new_chat, privacy, statics,
    theme,
};

/// The table.
pub fn configure(app: &mut ServiceConfig) {
    app.route("/", web::get().to(home::page))
        .route("/language", web::post().to(language::choose))
        .route("/privacy", web::get().to(privacy::page))
        .route("/theme", web::post().to(theme::choose))
        // Models
        .route("/models", web::get().to(models::list::page))
        .route("/models/{slug}", web::get().to(models::card::page))
        .route("/leaderboard", web::get().to(leaderboard::page::page))
        .route("/leaderboard.csv", web::get().to(leaderboard::files::board_csv))
        .route("/leaderboard.json", web::get().to(leaderboard::files::board_json))
        .route("/leaderboard/version", web::get().to(leaderboard::page::version))
        .route("/leaderboard/chart.svg", web::get().to(leaderboard::pictures::chart))
        .route("/leaderboard/win-rates.svg", web::get().to(leaderboard::pictures::win_rates))
        .route("/leaderboard/{matrix}.csv", web::get().to(leaderboard::files::matrix_csv))
        .route("/leaderboard/{matrix}.json", web::get().to(leaderboard::files::matrix_json))
        // Battles, comparisons, direct chats
        .route("/battle", web::get().to(battle::new::page))
        .route("/battle", web::post().to(battle::new::start))
        .route("/side-by-side", web::get().to(new_chat::new_pair))
        .route("/side-by-side", web::post().to(new_chat::start_pair))
        .route("/direct", web::get().to(new_chat::new_direct))
        .route("/direct", web::post().to(new_chat::start_direct))
        .route("/battle/{id}", web::get().to(battle::page::page))
        .route("/battle/{id}/stream", web::get().to(battle::turns::stream))
        .route("/battle/{id}/queue", web::get().to(battle::queue::page))
        .route("/battle/{id}/turns/{number}/{part}", web::get().to(battle::keep::source))
        .route("/battle/{id}/conversation.md", web::get().to(battle::keep::battle_markdown))
        .route("/battle/{id}/conversation.json", web::get().to(battle::keep::battle_json))
        .route("/battle/{id}/message", web::post().to(battle::turns::send))
        .route("/battle/{id}/stop", web::post().to(battle::turns::stop))
        .route("/battle/{id}/retry", web::post().to(battle::turns::retry))
        // Of pages that were loaded before it was called retry.
        .route("/battle/{id}/again", web::post().to(battle::turns::retry))
        .route("/battle/{id}/vote", web::post().to(battle::vote::cast))
        .route("/battle/{id}/vote/undo", web::post().to(battle::vote::undo))
        .route("/battle/{id}/vote/show", web::post().to(battle::vote::settle))
        .route("/battle/{id}/share", web::post().to(battle::share::share))
        .route("/battle/{id}/share/stop", web::post().to(battle::share::stop))
        .route("/shared/{id}", web::get().to(battle::share::page))
        .route("/battle/{id}/delete", web::post().to(battle::page::delete))
        .route("/history", web::get().to(history::list))
        .route("/history/battles.md", web::get().to(battle::keep::all_markdown))
        .route("/history/battles.jsonl", web::get().to(battle::keep::all_json))
        .route("/history/delete-all", web::post().to(history::delete_all))
        // Administration
        .route("/admin", web::get().to(admin::overview::page))
        .route("/admin/sign-in", web::get().to(admin::sign_in::page))
        .route("/admin/sign-in", web::post().to(admin::sign_in::sign_in))
        .route("/admin/sign-out", web::post().to(admin::sign_in::sign_out))
        .route("/admin/welcome/{token}", web::get().to(admin::welcome::page))
        .route("/admin/welcome/{token}", web::post().to(admin::welcome::create))
        .route("/admin/status", web::get().to(admin::status::part))
        .route("/admin/models", web::get().to(admin::models::page))
        .route("/admin/models", web::post().to(admin::model_form::register))
        .route("/admin/models/new", web::get().to(admin::model_form::new))
        .route("/admin/models/{slug}", web::get().to(admin::model_form::edit))
        .route("/admin/models/{slug}", web::post().to(admin::model_form::change))
        .route("/admin/models/{slug}/state", web::post().to(admin::models::set_state))
        .route("/admin/models/{slug}/retire", web::get().to(admin::retire::page))
        .route("/admin/models/{slug}/retry", web::post().to(admin::models::retry))
        .route("/admin/battles", web::get().to(admin::battles::page))
        .route("/admin/votes", web::get().to(admin::votes::page))
        .route("/admin/votes/{id}", web::post().to(admin::votes::set_withdrawn))
        .route("/admin/identity", web::get().to(admin::identity::page))
        .route("/admin/identity", web::post().to(admin::identity::save))
        .route("/admin/identity/try", web::post().to(admin::identity::try_text))
        .route("/admin/audit", web::get().to(admin::audit::page))
        .route("/admin/tokens", web::get().to(admin::tokens::page))
        .route("/admin/tokens", web::post().to(admin::tokens::create))
        .route("/admin/tokens/{id}/revoke", web::post().to(admin::tokens::revoke))
        .route("/admin/accounts", web::get().to(admin::accounts::page))
        .route("/admin/accounts/invite", web::post().to(admin::accounts::invite))
        .route("/admin/accounts/close-invitations", web::post().to(admin::accounts::close_invitations))
        .route("/admin/accounts/password", web::post().to(admin::accounts::change_password))
        .route("/admin/accounts/{id}/access", web::post().to(admin::accounts::set_access))
        // The JSON API
        .configure(api::configure)
        // For machines
        .route("/health", web::get().to(health::page))
        .route("/health/live", web::get().to(health::live))
        .route("/metrics", web::get().to(metrics::page))
        .route("/static/{path:.*}", web::get().to(statics::file))
        .route("/favicon.ico", web::get().to(statics::favicon))
        .route("/robots.txt", web::get().to(statics::robots))
        .default_service(web::to(async || Err::<actix_web::HttpResponse, _>(Error::NotFound)));
}

//! What several pages show: the language, the frame, Markdown, numbers, the state of a reply. The struct of a page itself
//! stands beside its handler.

mod admin_menu;
mod assets;
mod axis;
pub mod conversation;
mod day_chart;
mod human;
pub mod markdown;
mod page;
pub mod replay;
pub mod replies;
mod site_text;
mod theme;
pub mod turns;

pub use assets::{StaticFiles, asset_hash, asset_url};
pub use axis::ticks;
pub use day_chart::DayChart;
pub use human::{
    Time, bytes, choice_key, kind_key, kind_text, language_name, parameters, rank_range, seconds, standing_key,
    state_key, time, unrated_reason, voted_text, when,
};
pub use page::{ErrorPage, Page};
pub use site_text::{built_in, built_in_samples, guide, guide_html, text_html};
pub use theme::Theme;

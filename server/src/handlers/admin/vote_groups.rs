//! Votes put together by who cast them: by voter, and by the address that they came from.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::votes::{criteria, filter_of, filters};
use crate::error::Error;
use crate::extract::Admin;
use crate::handlers::admin::list::{List, ListQuery, ROWS, ROWS_TO_READ};
use crate::handlers::html;
use crate::i18n::grouped;
use crate::state::AppState;
use crate::store::model_names;
use crate::store::prompt_sets;
use crate::store::vote_list::{self, GroupBy, GroupOrder, VoteGroup};
use crate::views::Page;

/// The page.
#[derive(Debug, Template)]
#[template(path = "admin/vote_groups.html")]
struct VoteGroupsPage {
    page: Page,
    admin: Admin,
    list: List,
    by_address: bool,
    rows: Vec<VoteGroup>,
}

/// A page of groups.
pub async fn page(request: HttpRequest, arena: web::Data<AppState>, admin: Admin) -> Result<HttpResponse, Error> {
    let (page, query) = (Page::of(&request), ListQuery::of(&request));
    let models = model_names::all(&arena.db).await?;
    let criteria = criteria(&filter_of(&query), &models)?;
    let by_address = query.get("by") == "address";
    let by = if by_address { GroupBy::Address } else { GroupBy::Voter };
    let order = match query.get("sort") {
        "newest" => GroupOrder::Newest,
        "side" => GroupOrder::Side,
        _ => GroupOrder::Votes,
    };
    let skip = query.number("skip").unwrap_or(0).max(0);
    let mut rows = vote_list::groups(&arena.db, &criteria, by, order, skip, ROWS_TO_READ).await?;
    let locale = page.locale;
    let list = List::new("/admin/votes/groups", &query, "skip");
    let list = list.choice(locale, &query, "by", "list-by-voter", [("address".to_owned(), page.t("list-by-address"))]);
    let orders = ["newest", "side"].map(|order| (order.to_owned(), page.t(&format!("groups-sort-{order}"))));
    let sets = prompt_sets::names(&arena.db).await?;
    let mut list =
        filters(list, locale, &query, &models, &sets).choice(locale, &query, "sort", "groups-sort-votes", orders);
    list.cut(&query, "skip", &mut rows, |_| (skip + ROWS as i64).to_string().into());
    html(&VoteGroupsPage { page, admin, list, by_address, rows })
}

impl VoteGroup {
    /// The first characters of its key: enough to tell it from the others of a page.
    fn short(&self) -> &str {
        self.key.get(..8).unwrap_or(&self.key)
    }

    /// How many of the decided votes were for the left answer, in percent.
    fn left_share(&self) -> Option<i64> {
        let decided = self.left + self.right;
        (decided > 0).then(|| (self.left * 100 + decided / 2) / decided)
    }

    fn count(&self, count: &i64) -> String {
        grouped(count.unsigned_abs())
    }
}

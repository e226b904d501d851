//! A kept board is as new as the votes, and is not computed twice for the same ones.

use uuid::Uuid;

use super::*;
use crate::domain::{BoardCategory, Category, Choice, SiteRules, Style, TieRule, VoteFeatures};
use crate::store::ratings::{EloRow, PairChange};

const KIND: BattleKind = BattleKind::Battle;

fn boards_of_the_start() -> Boards {
    Boards::new(Anchor::default(), Site::new(SiteRules::default()), EloSettings::default())
}

async fn models(db: &PgPool) -> [ModelId; 2] {
    let ids = [(); 2].map(|()| ModelId(Uuid::new_v4()));
    for id in ids {
        sqlx::query(
            "INSERT INTO models (id, slug, display_name, kind, path) VALUES ($1, $2, $2, 'local', '/model.gguf')",
        )
        .bind(id.0)
        .bind(format!("m-{}", id.0.simple()))
        .execute(db)
        .await
        .unwrap();
    }
    ids
}

/// So many votes of this choice on a pair, as its counts have them.
fn pair_change(models: [ModelId; 2], choice: Choice, by: i64) -> PairChange {
    let [a, b] = models;
    let (low, high) = (a.min(b), a.max(b));
    let for_low = (choice == Choice::A) == (a == low);
    let is_won = matches!(choice, Choice::A | Choice::B);
    let if_so = |so: bool| if so { by } else { 0 };
    PairChange {
        kind: KIND,
        language: "zh".to_owned(),
        low,
        high,
        wins_low: if_so(is_won && for_low),
        wins_high: if_so(is_won && !for_low),
        ties: if_so(choice == Choice::Tie),
        both_bad: if_so(choice == Choice::BothBad),
    }
}

async fn count(db: &PgPool, models: [ModelId; 2], choice: Choice) {
    let mut transaction = db.begin().await.unwrap();
    ratings::add_pair_counts(&mut transaction, &[pair_change(models, choice, 1)]).await.unwrap();
    let row = |language: &str, model| EloRow { language: language.into(), model, rating: 1000.0 };
    let rows = ["*", "zh"].map(|language| models.map(|model| row(language, model))).concat();
    ratings::set(&mut transaction, KIND, &rows).await.unwrap();
    transaction.commit().await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_board_is_kept_until_a_vote_changes_it(db: PgPool) {
    let boards = boards_of_the_start();
    let all = BoardKey::of(KIND);
    assert_eq!(boards.read(&db, &all).await.unwrap().board.votes, 0);
    let pair = models(&db).await;
    count(&db, pair, Choice::A).await;
    let first = boards.read(&db, &all).await.unwrap();
    assert_eq!(first.board.votes, 1);
    assert!(Arc::ptr_eq(&first, &boards.read(&db, &all).await.unwrap()), "computed twice for the same votes");
    count(&db, pair, Choice::B).await;
    let second = boards.read(&db, &all).await.unwrap();
    assert_eq!(second.board.votes, 2);
    assert!(second.version > first.version);
    let zh = BoardKey::of_language(KIND, Some("zh"));
    assert_eq!(boards.read(&db, &zh).await.unwrap().board.votes, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn boards_that_nobody_voted_on_are_not_kept_so_that_addresses_fill_no_memory(db: PgPool) {
    let boards = boards_of_the_start();
    count(&db, models(&db).await, Choice::A).await;
    for number in 0..50 {
        let key = BoardKey::of_language(KIND, Some(&format!("x{number}")));
        assert_eq!(boards.read(&db, &key).await.unwrap().board.votes, 0);
    }
    assert_eq!(boards.kept.len(), 0);
}

/// A counted vote of a voter, put where the vote's own transaction puts it.
async fn vote(db: &PgPool, voter: Option<Uuid>, models: [ModelId; 2], choice: Choice) -> i64 {
    let id = sqlx::query_scalar(
        "INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice)
        VALUES (gen_random_uuid(), $1, 'battle', 'zh', $2, $3, $4) RETURNING id",
    )
    .bind(voter)
    .bind(models[0].0)
    .bind(models[1].0)
    .bind(choice.as_str())
    .fetch_one(db)
    .await
    .unwrap();
    count(db, models, choice).await;
    id
}

async fn voter(db: &PgPool) -> Option<Uuid> {
    let id = Uuid::new_v4();
    sqlx::query("INSERT INTO voters (id) VALUES ($1)").bind(id).execute(db).await.unwrap();
    Some(id)
}

async fn voters(boards: &Boards, db: &PgPool) -> Option<usize> {
    let all = BoardKey::of(KIND);
    boards.read(db, &all).await.unwrap().board.voters.map(|voters| voters.count)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_board_knows_whose_its_votes_are_and_follows_them(db: PgPool) {
    let boards = boards_of_the_start();
    let pair = models(&db).await;
    let [first, second] = [voter(&db).await, voter(&db).await];
    for choice in [Choice::A, Choice::B, Choice::Tie] {
        vote(&db, first, pair, choice).await;
    }
    assert_eq!(voters(&boards, &db).await, Some(1));
    let withdrawn = vote(&db, second, [pair[1], pair[0]], Choice::A).await;
    assert_eq!(voters(&boards, &db).await, Some(2));
    vote(&db, None, pair, Choice::B).await;
    vote(&db, None, pair, Choice::BothBad).await;
    assert_eq!(voters(&boards, &db).await, Some(4), "each vote of nobody's is another's");
    // Taken off the board, as an administrator does it.
    sqlx::query("UPDATE votes SET withdrawn_at = now() WHERE id = $1").bind(withdrawn).execute(&db).await.unwrap();
    let mut transaction = db.begin().await.unwrap();
    let change = pair_change([pair[1], pair[0]], Choice::A, -1);
    ratings::add_pair_counts(&mut transaction, &[change]).await.unwrap();
    ratings::touch(&mut transaction, &[(KIND, "zh".to_owned())]).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(voters(&boards, &db).await, Some(3));
    assert_eq!(voters(&boards_of_the_start(), &db).await, Some(3), "a server that begins now comes to the same");
}

#[sqlx::test(migrations = "../migrations")]
async fn counts_without_their_votes_make_a_board_that_knows_no_voters(db: PgPool) {
    let boards = boards_of_the_start();
    let pair = models(&db).await;
    vote(&db, voter(&db).await, pair, Choice::A).await;
    vote(&db, voter(&db).await, pair, Choice::B).await;
    count(&db, pair, Choice::A).await;
    assert_eq!(voters(&boards, &db).await, None);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_left_side_is_compared_with_the_right_one(db: PgPool) {
    let boards = boards_of_the_start();
    assert_eq!(boards.side_bias(&db).await.unwrap(), None);
    let pair = models(&db).await;
    for _ in 0..12 {
        vote(&db, voter(&db).await, pair, Choice::A).await;
    }
    vote(&db, None, pair, Choice::B).await;
    vote(&db, None, pair, Choice::Tie).await;
    let bias = boards.side_bias(&db).await.unwrap().unwrap();
    assert_eq!((bias.left, bias.right), (12, 1));
    assert!(bias.is_certain(), "{bias:?}");
}

/// What a vote was about, as the service keeps it.
async fn describe(db: &PgPool, vote: i64, categories: &[Category], tokens: [u32; 2]) {
    let style = tokens.map(|tokens| Style { tokens, ..Style::default() });
    let categories = categories.iter().copied().collect();
    let features = VoteFeatures { style_a: style[0], style_b: Some(style[1]), categories };
    vote_features::insert(db, &[(vote, features)]).await.unwrap();
}

async fn votes_of(boards: &Boards, db: &PgPool, key: &BoardKey) -> (u64, u64) {
    let read = boards.read(db, key).await.unwrap();
    (read.board.votes, read.undescribed)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_category_holds_its_votes_as_soon_as_they_are_described(db: PgPool) {
    let boards = boards_of_the_start();
    let pair = models(&db).await;
    let coding = BoardKey { category: Some(BoardCategory::Coding), ..BoardKey::of(KIND) };
    let decided = BoardKey { category: Some(BoardCategory::ExcludeRefusalsAndTies), ..BoardKey::of(KIND) };
    let first = vote(&db, voter(&db).await, pair, Choice::A).await;
    assert_eq!(votes_of(&boards, &db, &coding).await, (0, 1), "nobody knows yet what it was about");
    describe(&db, first, &[Category::Coding], [10, 20]).await;
    assert_eq!(votes_of(&boards, &db, &coding).await, (1, 0));
    let second = vote(&db, voter(&db).await, pair, Choice::Tie).await;
    describe(&db, second, &[Category::Math], [10, 20]).await;
    let third = vote(&db, voter(&db).await, pair, Choice::B).await;
    describe(&db, third, &[Category::Coding, Category::Refusal], [10, 20]).await;
    assert_eq!(votes_of(&boards, &db, &coding).await, (2, 0));
    assert_eq!(votes_of(&boards, &db, &decided).await, (1, 0));
    // An older rule's features are replaced.
    describe(&db, second, &[Category::Coding], [10, 20]).await;
    assert_eq!(votes_of(&boards, &db, &coding).await, (3, 0));
    assert_eq!(
        votes_of(&boards_of_the_start(), &db, &coding).await,
        (3, 0),
        "a server that begins now comes to the same"
    );
    assert_eq!(boards.version(&db, &coding).await.unwrap(), boards.read(&db, &coding).await.unwrap().version);
}

#[sqlx::test(migrations = "../migrations")]
async fn days_and_languages_bound_a_board(db: PgPool) {
    let boards = boards_of_the_start();
    let pair = models(&db).await;
    for (day, choice) in [(10, Choice::A), (11, Choice::B), (12, Choice::A)] {
        let id = vote(&db, None, pair, choice).await;
        let at = chrono::DateTime::from_timestamp(day * 86_400 + 86_399, 0).unwrap();
        sqlx::query("UPDATE votes SET created_at = $2 WHERE id = $1").bind(id).bind(at).execute(&db).await.unwrap();
    }
    let between = |first_day, last_day| BoardKey { first_day, last_day, ..BoardKey::of(KIND) };
    for (first, last, votes) in [
        (None, Some(10), 1),
        (Some(11), None, 2),
        (Some(11), Some(11), 1),
        (Some(13), None, 0),
        (Some(12), Some(11), 0),
    ] {
        assert_eq!(votes_of(&boards, &db, &between(first, last)).await.0, votes, "{first:?} to {last:?}");
    }
    let elsewhere = BoardKey { language: Some("en".into()), ..between(Some(0), None) };
    assert_eq!(votes_of(&boards, &db, &elsewhere).await.0, 0);
    let here = BoardKey { language: Some("zh".into()), ..between(Some(0), None) };
    assert_eq!(votes_of(&boards, &db, &here).await.0, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn online_elo_of_a_part_is_replayed_over_its_votes(db: PgPool) {
    let boards = boards_of_the_start();
    let pair = models(&db).await;
    for choice in [Choice::A, Choice::A, Choice::B] {
        vote(&db, None, pair, choice).await;
    }
    let all_days = BoardKey { first_day: Some(0), ..BoardKey::of(KIND) };
    let read = boards.read(&db, &all_days).await.unwrap();
    let elo = EloSettings::default();
    let (a, b) = [1.0, 1.0, 0.0].into_iter().fold((elo.initial, elo.initial), |(a, b), score| elo.update(a, b, score));
    let of = |model| read.board.entries.iter().find(|entry| entry.id == model).unwrap().elo.unwrap();
    assert!((of(pair[0]) - a).abs() < 1e-9 && (of(pair[1]) - b).abs() < 1e-9);
}

#[sqlx::test(migrations = "../migrations")]
async fn style_control_rates_described_votes_alone(db: PgPool) {
    let boards = boards_of_the_start();
    let pair = models(&db).await;
    let styled = BoardKey { style_control: true, ..BoardKey::of(KIND) };
    for (at, choice) in [Choice::A, Choice::B, Choice::A, Choice::A, Choice::B, Choice::B].into_iter().enumerate() {
        let id = vote(&db, voter(&db).await, pair, choice).await;
        // Longer answers win four of six.
        let tokens = if (choice == Choice::A) == (at < 4) { [30, 10] } else { [10, 30] };
        if at < 5 {
            describe(&db, id, &[], tokens).await;
        }
    }
    let read = boards.read(&db, &styled).await.unwrap();
    assert_eq!((read.board.votes, read.undescribed), (5, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn direct_chats_are_read_again_where_one_was_withdrawn(db: PgPool) {
    let boards = boards_of_the_start();
    let key = BoardKey::of(BattleKind::Direct);
    let [model, _] = models(&db).await;
    let rate = async |choice: Choice, voter: Option<Uuid>| -> i64 {
        sqlx::query_scalar(
            "INSERT INTO votes (battle_id, voter_id, kind, language, model_a, choice)
            VALUES (gen_random_uuid(), $1, 'direct', 'zh', $2, $3) RETURNING id",
        )
        .bind(voter)
        .bind(model.0)
        .bind(choice.as_str())
        .fetch_one(&db)
        .await
        .unwrap()
    };
    let counts = async || {
        let read = boards.read_direct(&db, &key).await.unwrap();
        read.models.first().map(|one| (one.up, one.down, one.voters))
    };
    assert_eq!(counts().await, None);
    let someone = voter(&db).await;
    rate(Choice::Up, someone).await;
    rate(Choice::Up, someone).await;
    let bad = rate(Choice::Down, None).await;
    assert_eq!(counts().await, Some((2, 1, 2)));
    sqlx::query("UPDATE votes SET withdrawn_at = now() WHERE id = $1").bind(bad).execute(&db).await.unwrap();
    assert_eq!(counts().await, Some((2, 0, 1)));
    sqlx::query("UPDATE votes SET withdrawn_at = NULL WHERE id = $1").bind(bad).execute(&db).await.unwrap();
    assert_eq!(counts().await, Some((2, 1, 2)));
}

#[sqlx::test(migrations = "../migrations")]
async fn readers_are_told_of_the_newest_version_and_votes_come_together(db: PgPool) {
    let (boards, live) = (boards_of_the_start(), LiveBoards::default());
    let running = tokio::spawn(live.clone().run(boards.clone(), db.clone()));
    let pair = models(&db).await;
    count(&db, pair, Choice::A).await;
    let all = BoardKey::of(KIND);
    let (mut reader, _permit) = live.follow(&boards, &db, &all).await.unwrap();
    let days = BoardKey { first_day: Some(1), ties: TieRule::Davidson, ..all.clone() };
    let (mut other, _other_permit) = live.follow(&boards, &db, &days).await.unwrap();
    let version = boards.version(&db, &all).await.unwrap();
    assert_eq!((reader.next().await, other.next().await), (Some(version), Some(version)));
    for _ in 0..20 {
        count(&db, pair, Choice::B).await;
    }
    let newest = boards.version(&db, &all).await.unwrap();
    let mut events = 1;
    while reader.next().await != Some(newest) {
        events += 1;
    }
    assert!(events < 4, "{events} events for votes of a moment");
    while other.next().await != Some(newest) {}
    live.close();
    assert_eq!(reader.next().await, None, "the service stops");
    assert!(live.follow(&boards, &db, &all).await.is_err(), "and nobody comes again");
    running.abort();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_check_of_the_intervals_stands_for_a_while_whatever_is_voted(db: PgPool) {
    let boards = boards_of_the_start();
    let all = BoardKey::of(KIND);
    let pair = models(&db).await;
    assert_eq!(boards.read_redrawn(&db, &all).await.unwrap().board.votes, 0);
    for choice in [Choice::A, Choice::B, Choice::Tie] {
        vote(&db, voter(&db).await, pair, choice).await;
    }
    let first = boards.read_redrawn(&db, &all).await.unwrap();
    assert_eq!((first.board.votes, first.board.redrawn), (3, Some((1000, true))));
    vote(&db, voter(&db).await, pair, Choice::A).await;
    let second = boards.read_redrawn(&db, &all).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second), "computed again with each vote");
    assert_eq!(boards.read(&db, &all).await.unwrap().board.votes, 4, "the board itself is of now");
    let styled = BoardKey { style_control: true, ..all };
    assert!(Arc::ptr_eq(&first, &boards.read_redrawn(&db, &styled).await.unwrap()), "it is the same check");
}

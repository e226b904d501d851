//! Votes by the thousand, put where the service would have put them.

use super::Store;

/// How many to make, and among whom.
#[derive(Debug, Clone, Copy)]
pub struct BulkVotes {
    pub models: i32,
    pub voters: i32,
    pub votes: i32,
}

impl Store {
    /// Models `model-1`, `model-2`, …, each stronger than the one before, with votes in Chinese and English over the last
    /// hundred days, whose answers differ in length: the longer one wins more often. The same votes each time.
    pub async fn fill(&self, bulk: BulkVotes) {
        let BulkVotes { models, voters, votes } = bulk;
        let numbers = [models, voters, votes].map(|number| number.to_string());
        let [models, voters, votes] = [&numbers[0], &numbers[1], &numbers[2]].map(String::as_str);
        let model = "INSERT INTO models (id, slug, display_name, kind, path, licence, quantisation, parameters, context_length)
            SELECT lpad(to_hex(n), 32, '0')::uuid, 'model-' || n,
                CASE n % 4 WHEN 0 THEN '中文混合专家模型' || n || '号指令版' WHEN 1 THEN 'Mixtral-8x7B-Instruct-v0.' || n
                    ELSE 'Model ' || n END,
                'local', '/m.gguf', (ARRAY['Apache-2.0', 'MIT', ''])[1 + n % 3], (ARRAY['Q4_K', 'Q8_0', 'F16', ''])[1 + n % 4],
                n * 1000000000::bigint, 32768
            FROM generate_series(1, $1::int) n";
        self.run(model, &[models]).await;
        let voter = "INSERT INTO voters (id) SELECT lpad(to_hex(n), 32, '0')::uuid FROM generate_series(1, $1::int) n";
        self.run(voter, &[voters]).await;
        let vote = "WITH drawn AS (
                SELECT n, 1 + (hashint8(n) & 2147483647) % $1::int AS a,
                    1 + (hashint8(n + 1000000007) & 2147483647) % ($1::int - 1) AS other,
                    (hashint8(n + 2000000011) & 65535) / 65536.0 AS chance,
                    (hashint8(n + 3000000019) & 1023) AS long_a, (hashint8(n + 4000000007) & 1023) AS long_b,
                    1 + (hashint8(n + 5000000029) & 2147483647) % $2::int AS voter
                FROM generate_series(1, $3::int) n
            ), met AS (
                SELECT *, CASE WHEN other >= a THEN other + 1 ELSE other END AS b FROM drawn
            )
            INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice, created_at)
            SELECT gen_random_uuid(), lpad(to_hex(voter), 32, '0')::uuid, 'battle', (ARRAY['zh', 'en'])[1 + n % 2],
                lpad(to_hex(a), 32, '0')::uuid, lpad(to_hex(b), 32, '0')::uuid,
                CASE WHEN chance < 0.08 THEN 'tie' WHEN chance < 0.14 THEN 'both_bad'
                    WHEN 0.14 + 0.86 / (1 + exp(0.15 * (b - a) + (long_b - long_a) / 800.0)) > chance THEN 'a' ELSE 'b' END,
                now() - make_interval(days => 100 - (100.0 * n / $3::int)::int)
            FROM met ORDER BY n";
        self.run(vote, &[models, voters, votes]).await;
        self.execute(
            "INSERT INTO vote_features (vote_id, rules, tokens_a, headers_a, lists_a, bold_a, tokens_b, headers_b, lists_b, bold_b,
                is_coding, is_math, is_longer_query, is_multi_turn, is_creative_writing, is_instruction_following, is_refusal)
            SELECT id, 1, 20 + (hashint8(n + 3000000019) & 1023), hashint8(n) & 3, hashint8(n + 1) & 7, hashint8(n + 2) & 7,
                20 + (hashint8(n + 4000000007) & 1023), hashint8(n + 3) & 3, hashint8(n + 4) & 7, hashint8(n + 5) & 7,
                n % 3 = 0, n % 7 = 0, n % 11 = 0, n % 5 = 0, n % 4 = 0, n % 6 = 0, n % 50 = 0
            FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM votes) AS numbered",
        )
        .await;
        self.execute(
            "INSERT INTO pair_counts (kind, language, model_low, model_high, wins_low, wins_high, ties, both_bad)
            SELECT kind, language, least(model_a, model_b), greatest(model_a, model_b),
                count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'a' ELSE 'b' END),
                count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'b' ELSE 'a' END),
                count(*) FILTER (WHERE choice = 'tie'), count(*) FILTER (WHERE choice = 'both_bad')
            FROM votes GROUP BY 1, 2, 3, 4",
        )
        .await;
        self.execute(
            "INSERT INTO elo_ratings (kind, language, model_id, rating, changes)
            SELECT 'battle', board.language, id, 1000, 1 FROM models, unnest(ARRAY['*', 'zh', 'en']) AS board (language)
            WHERE id IN (SELECT model_a FROM votes UNION SELECT model_b FROM votes)",
        )
        .await;
    }
}

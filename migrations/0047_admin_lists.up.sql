-- The filters of the administrators' lists of battles and of deeds. What a filter does not name is not asked for. Each is one
-- plain expression, so that it is planned as if it stood in the query itself.
CREATE FUNCTION battle_matches(b battles, f jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (f ->> 'id' IS NULL OR b.id = (f ->> 'id')::uuid OR b.voter_id = (f ->> 'id')::uuid)
        AND (f ->> 'model' IS NULL OR b.model_a = (f ->> 'model')::uuid OR b.model_b = (f ->> 'model')::uuid)
        AND (f ->> 'kind' IS NULL OR b.kind = f ->> 'kind')
        AND (f ->> 'language' IS NULL OR b.language = f ->> 'language')
        AND (f ->> 'from' IS NULL OR b.created_at >= to_timestamp((f ->> 'from')::float8))
        AND (f ->> 'until' IS NULL OR b.created_at < to_timestamp((f ->> 'until')::float8))
        AND (f ->> 'code' IS NULL OR EXISTS (SELECT 1 FROM replies r
            WHERE r.battle_id = b.id AND r.status = 'failed' AND r.error_code = f ->> 'code'))
        AND CASE f ->> 'state'
            WHEN 'voted' THEN EXISTS (SELECT 1 FROM votes v WHERE v.battle_id = b.id)
            WHEN 'unvoted' THEN NOT EXISTS (SELECT 1 FROM votes v WHERE v.battle_id = b.id)
            WHEN 'failed' THEN EXISTS (SELECT 1 FROM replies r WHERE r.battle_id = b.id AND r.status = 'failed')
            WHEN 'excluded' THEN b.exclusion_reason IS NOT NULL
            ELSE true END
$$;

CREATE FUNCTION deed_matches(l audit_log, f jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (f ->> 'pattern' IS NULL OR l.subject ILIKE (f ->> 'pattern') OR l.detail::text ILIKE (f ->> 'pattern'))
        AND (f ->> 'admin' IS NULL OR l.admin_id = (f ->> 'admin')::uuid)
        AND (f ->> 'nobody' IS NULL OR l.admin_id IS NULL)
        AND (f ->> 'action' IS NULL OR l.action = f ->> 'action')
        AND (f ->> 'from' IS NULL OR l.created_at >= to_timestamp((f ->> 'from')::float8))
        AND (f ->> 'until' IS NULL OR l.created_at < to_timestamp((f ->> 'until')::float8))
$$;

error-import-format = The format of “{ $detail }” can't be told from its name. Use a file ending in .json, .jsonl, .csv or .parquet, or choose the format.
error-import-none = Choose a file first.
error-import-map-line = “{ $detail }” is not NAME = SLUG.
import-title = Import votes
import-lead = Votes from FastChat, LMArena, arena-rank, evalica, ComparIA or Open WebUI get a leaderboard of their own. The same file twice adds nothing.
import-done = { $n ->
    [one] One new vote
   *[other] { $n } new votes
 }
import-rows = Rows read: { $n }
import-known = Already there: { $n }
import-others = About something else than a vote: { $n }
import-bad = Skipped: { $n }
import-bad-row = Row { $number }: { $why }
import-models = Known by name only from now on:
import-board = Leaderboard of imported votes
import-votes = Show the votes
import-map = Models
import-map-hint = One NAME = SLUG per line, for names in the file that are models of this arena. Other names match slugs and names, or are added as models that cannot be asked.
import-strict = Import nothing if any row is bad
import-with-conversations = Keep conversations, where the file has them
import-with-conversations-hint = They decide categories and style of these votes, and go into exports with conversations. They are deleted like others, once they are older than conversations are kept.
import-conversations = Conversations kept: { $n }
upload-progress = Part of the file that was sent
upload-lost = The connection was lost before the file had been sent. Nothing was taken; send it again.
import-file = File
import-do = Import
import-busy = Importing; a million rows may take a minute…
import-command = For large files, on the server:
export-title = Export these votes
export-lead = Exports what the filters above find; counted votes, if no state is chosen. Voters appear only as keyed hashes.
export-columns = Columns
export-evidence = Leaderboard with all votes (arena verify)
export-evidence-davidson = The same, ties modelled (Davidson)
export-format = Format
export-conversations = Include what people and models wrote
export-do = Download
error-import-map = There is no model with the slug “{ $detail }”. Map names to the slugs of existing models.
error-import-strict = Row { $detail } is bad, so nothing was imported. Correct it, or skip bad rows.
error-import-file = The file can't be read: { $detail }. Nothing was imported.
export-preferences = Preferences for DPO (TRL, mixtral train --dpo)
error-export-preferences-texts = Preferences are what people and models wrote. Tick “Include what people and models wrote” to export them.
error-export-preferences-format = Preferences are written as JSON or JSON Lines. Choose one of them as the format.
error-export-preferences-kind = Preferences come from blind battles only. Choose that kind of battle in the filters, or none.

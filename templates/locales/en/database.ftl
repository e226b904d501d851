# Errors and progress of the database, told at the terminal.
database-no-binaries = PostgreSQL { $oldest } or newer was not found and could not be fetched. Install the package `postgresql` (Debian, Ubuntu: `apt-get install postgresql`), set PG_BIN_DIR to its programs, or set DATABASE_URL to a server.{ $tried }
database-tried-failed = { $tool }: { $why }
database-tried-version = { $tool }: delivered another version
database-tried-empty = PG_BIN_DIR={ $folder }: no `postgres` and `initdb` there
database-tried-old = { $folder }: version { $version } is too old
database-other-version = The database folder { $folder } was made by PostgreSQL { $version }, but this machine has { $count ->
    [0] no PostgreSQL
   *[other] { $found }
 }. Install the package `postgresql-{ $version }`, or set PG_BIN_DIR to the programs of version { $version }.
database-busy = Another arena is already running on the data folder { $folder } (process { $pid }). Stop it, or choose another folder with --data; to let several arenas share one database, set DATABASE_URL.
database-busy-unknown = Another arena is already running on the data folder { $folder }. Stop it, or choose another folder with --data; to let several arenas share one database, set DATABASE_URL.
database-foreign = A PostgreSQL server (process { $pid }) that this arena did not start is running on { $folder }. Stop it with `kill -INT { $pid }`, then start again.
database-not-writable = The folder { $path } cannot be written ({ $why }). Make it writable for this account, or choose another with --data.
database-unreachable = PostgreSQL does not run as root, and the account `{ $account }` used instead cannot reach { $path }. Choose a data folder that every account may enter, such as /var/lib/mixtral-arena, with --data.
database-no-account = PostgreSQL does not run as root, and this machine has neither the account `postgres` nor `nobody`. Start the arena as another user.
database-disk-full = The disk that holds { $path } is full. Free some space (a new database takes about 50 MB) and start again.
database-socket-path = The path of the database socket would be { $length } bytes long, and the system allows 107: { $path }. Choose a data folder with a shorter path with --data.
database-program = `{ $program }` failed:
    { $output }
database-slow = PostgreSQL was not ready after { $seconds } s; its log is { $log }.
database-forced = PostgreSQL did not shut down in time and was killed; it will replay its log at the next start.
database-url-scheme = DATABASE_URL must start with postgres:// or postgresql://.
database-url = DATABASE_URL is not understood: { $why }
database-session-attributes = DATABASE_URL asks for target_session_attrs={ $asked }. The arena needs a host that takes writes: target_session_attrs=read-write.
database-no-writable-host = None of the { $hosts } hosts in DATABASE_URL took writes within { $seconds } s. Start the primary, or promote a standby.
database-pooler = The connection pooler in front of PostgreSQL loses prepared statements between transactions. Set pool_mode = session in PgBouncer, or (PgBouncer 1.21 and newer) max_prepared_statements = 200, or point DATABASE_URL at PostgreSQL itself.
database-copy = The database failed during backup or restore: { $why }
database-connect = Cannot connect to the database: { $why }
database-migrate = Cannot bring the database schema up to date: { $why }
database-io = { $path }: { $why }
database-thread = The thread that runs PostgreSQL ended early: { $why }
database-stage-obtaining = No PostgreSQL here yet: fetching it with { $tool }
database-stage-failed = { $tool } could not deliver PostgreSQL: { $why }
database-stage-initialising = Creating a new database folder
database-stage-waiting = Waiting for the previous PostgreSQL to shut down
database-stage-starting = Starting PostgreSQL
database-stage-migrating = Bringing the database schema up to date
database-stage-ready = The database is ready

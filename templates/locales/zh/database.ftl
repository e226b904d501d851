# 数据库的错误与进度，显示在终端。
database-no-binaries = 未找到 PostgreSQL { $oldest } 或更新版本，也未能自动获取。请安装软件包 `postgresql`（Debian、Ubuntu：`apt-get install postgresql`），或用 PG_BIN_DIR 指定其程序目录，或用 DATABASE_URL 指定数据库服务器。{ $tried }
database-tried-failed = { $tool }：{ $why }
database-tried-version = { $tool }：获取到的是其他版本
database-tried-empty = PG_BIN_DIR={ $folder }：其中没有 `postgres` 和 `initdb`
database-tried-old = { $folder }：版本 { $version } 过旧
database-other-version = 数据库目录 { $folder } 由 PostgreSQL { $version } 创建，而本机{ $count ->
    [0] 没有 PostgreSQL
   *[other] 只有 { $found }
 }。请安装软件包 `postgresql-{ $version }`，或用 PG_BIN_DIR 指定 { $version } 版的程序目录。
database-busy = 数据目录 { $folder } 已被另一个 arena 使用（进程 { $pid }）。请先停止它，或用 --data 另选目录；若要多个服务共用一个数据库，请设置 DATABASE_URL。
database-busy-unknown = 数据目录 { $folder } 已被另一个 arena 使用。请先停止它，或用 --data 另选目录；若要多个服务共用一个数据库，请设置 DATABASE_URL。
database-foreign = 目录 { $folder } 上运行着一个并非由本程序启动的 PostgreSQL（进程 { $pid }）。请先用 `kill -INT { $pid }` 停止它，再重新启动。
database-not-writable = 目录 { $path } 无法写入（{ $why }）。请让当前账户可写，或用 --data 另选目录。
database-unreachable = PostgreSQL 不能以 root 身份运行，而它所用的账户 `{ $account }` 无法进入 { $path }。请用 --data 选择任何账户都可进入的数据目录，例如 /var/lib/mixtral-arena。
database-no-account = PostgreSQL 不能以 root 身份运行，而本机既没有账户 `postgres` 也没有 `nobody`。请用其他用户启动 arena。
database-disk-full = { $path } 所在的磁盘已满。请腾出空间（新数据库约需 50 MB）后重新启动。
database-socket-path = 数据库套接字的路径长 { $length } 字节，超过系统允许的 107 字节：{ $path }。请用 --data 选择路径更短的数据目录。
database-program = `{ $program }` 失败：
    { $output }
database-slow = PostgreSQL 在 { $seconds } 秒后仍未就绪；日志见 { $log }。
database-forced = PostgreSQL 未能及时关闭，已被强制结束；下次启动时会重放日志。
database-url-scheme = DATABASE_URL 必须以 postgres:// 或 postgresql:// 开头。
database-url = 无法识别 DATABASE_URL：{ $why }
database-session-attributes = DATABASE_URL 要求 target_session_attrs={ $asked }，而竞技场需要可写的主机：target_session_attrs=read-write。
database-no-writable-host = DATABASE_URL 中的 { $hosts } 台主机在 { $seconds } 秒内都不可写。请启动主库，或将一台备库提升为主库。
database-pooler = PostgreSQL 前面的连接池在事务之间会丢失预备语句（prepared statement）。请在 PgBouncer 中设置 pool_mode = session；PgBouncer 1.21 及以上也可设置 max_prepared_statements = 200；或让 DATABASE_URL 直接指向 PostgreSQL。
database-copy = 备份或恢复时数据库出错：{ $why }
database-connect = 无法连接数据库：{ $why }
database-migrate = 无法更新数据库结构：{ $why }
database-io = { $path }：{ $why }
database-thread = 运行 PostgreSQL 的线程提前结束：{ $why }
database-stage-obtaining = 本机还没有 PostgreSQL：正在用 { $tool } 获取
database-stage-failed = { $tool } 未能提供 PostgreSQL：{ $why }
database-stage-initialising = 正在创建新的数据库目录
database-stage-waiting = 正在等待上一个 PostgreSQL 关闭
database-stage-starting = 正在启动 PostgreSQL
database-stage-migrating = 正在更新数据库结构
database-stage-ready = 数据库已就绪

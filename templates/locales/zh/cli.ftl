# `arena --help` 的文字：`command-命令` 与 `option-命令-选项`，按 clap 的标识。
command-arena = Mixtral 竞技场：与两个匿名模型并排对话，投票选出更好的回答。
command-arena-default = 不带命令时，`arena` 使用内置数据库和演示模型，在 http://127.0.0.1:8080 提供服务。
command-arena-examples =
    示例：
      arena
          使用内置数据库和演示模型，在 http://127.0.0.1:8080 提供服务。
      arena serve --listen 0.0.0.0:80 --public-url https://arena.example.org --trusted-proxies 1
          在一层 TLS 反向代理之后提供服务。
      DATABASE_URL=postgres://arena@db.lan/arena ARENA_SECRET=… arena serve
          使用自己的 Postgres，可与其他服务器共用。
      arena worker --device cpu --listen 127.0.0.1:8100 --model poet=engine/models/poet-14m-q8_0.gguf
          通过 OpenAI 协议提供一个模型，不启动竞技场。
      arena admin create alice
          创建管理员，并询问密码。
command-serve = 启动竞技场：网页、JSON API 以及本地模型的工作进程
option-serve-listen = 监听的地址和端口；端口 0 表示任取一个空闲端口并打印出来
option-serve-data = 内置数据库和密钥所在的目录；默认：root 用户为 /var/lib/mixtral-arena，其他用户为 $XDG_DATA_HOME 或 ~/.local/share 下的 mixtral-arena
option-serve-database-url = 使用这个 PostgreSQL（15 或更新版本），而不用内置数据库
option-serve-secret = 至少 32 个字符的密钥，表单令牌和 API 密钥的加密都由它派生；共用数据库的服务器必须使用同一个。默认生成一次并保存在数据目录中
option-serve-public-url = 访客访问竞技场的地址，例如 https://arena.example.org；使用 https 时 Cookie 带 Secure 标志
option-serve-trusted-proxies = 竞技场前面有几层反向代理，其 X-Forwarded-For 请求头可信
option-serve-allow-private = 允许注册为端点的内网主机或网段，以逗号分隔，例如 127.0.0.1,gpu-box.lan,10.0.0.0/8；其他内网地址一律拒绝
option-serve-devices = 运行本地模型的设备，以逗号分隔：cpu、cuda（第一块 GPU）、cuda:N、auto（全部 GPU，没有则用 CPU）或 none
option-serve-demo-models = 演示模型所在的目录，数据库中还没有模型时自动注册；默认使用随竞技场提供的模型
option-serve-no-demo = 不注册演示模型
option-serve-metrics = 谁可以读取 /metrics：local 表示本机或管理员的 API 令牌
option-serve-keep-days = 删除早于这么多天的对话，投票保留
option-serve-drain-seconds = 关闭时等待未完成回答的时间（秒）
option-serve-vote-undo-seconds = 投票在页面上可撤回的时间（秒），之后才生效；0 表示不可撤回
option-serve-voter-per-minute = 每位访客每分钟可发送的消息和投票数
option-serve-address-per-minute = 每个 IP 地址每分钟可发送的消息和投票数
option-serve-min-votes = 票数少于此值的模型显示为“初步”：有评分，无名次
option-serve-anchor-model = 作为评分基准的模型的 slug；默认以全部对战的均值为基准
option-serve-anchor-rating = 基准模型的评分，或全部对战均值的评分
option-serve-elo-k = 一票最多使 Elo 变动多少分；修改后会重新计算全部 Elo
option-serve-elo-scale = Elo 相差多少分时，较强模型的预期胜场为负场的十倍；修改后会重新计算全部 Elo
option-serve-elo-initial = 没有投票的模型的 Elo；修改后会重新计算全部 Elo
option-serve-log = 标准错误上的日志格式：text 供人阅读，json（每行一个对象）供程序读取
command-sandbox = 供竞技场自身使用：在单独的进程中读取来历不明的内容
option-sandbox-job = 要做的事
command-worker = 通过 OpenAI 协议提供模型，不启动竞技场：用于试用模型，或作为端点注册到别处的竞技场
option-worker-device = 运行设备：cpu、cuda:N 或 auto（第一个 GPU，没有则用 CPU）
option-worker-listen = 监听的地址和端口；端口 0 表示任取一个空闲端口并打印出来
option-worker-token-file = 含令牌的文件，客户端须以“Authorization: Bearer …”发送该令牌；默认取环境变量 ARENA_WORKER_TOKEN，否则随机生成并打印
option-worker-models = 要加载的模型：客户端使用的名称，以及 GGUF 文件或适配器目录；可多次给出
option-worker-bases = 适配器的底座（其配置未指明时）：模型名称，以及底座的 GGUF 文件；可多次给出
option-worker-context = 所有模型的最大上下文长度（词元）；默认按各模型自身的设置
option-worker-cache-tokens = 每个模型的 KV 缓存大小（词元），由其全部请求共用；默认为 --sequences 乘以上下文长度，至多 32768 或一个完整的上下文
option-worker-kv-cache-dtype = 缓存的键和值的类型：f16，或 f32（占用两倍内存；不用于 GPU）
option-worker-sequences = 每个模型同时处理的请求数
option-worker-queue = 每个模型可排队的请求数，超出的会被拒绝
option-worker-threads = 计算使用的 CPU 线程数；默认每核一个
option-worker-drain-seconds = 关闭时等待未完成回答的时间（秒）
option-worker-log = 标准错误上的日志格式：text 供人阅读，json（每行一个对象）供程序读取
option-worker-supervised = 由 `arena serve` 启动：从标准输入的第一行读取令牌，读到 `stop` 一行即停止，标准输入结束即退出
command-backup = 把内置数据库与密钥写入一个文件；竞技场可以照常运行
option-backup-file = 要写入的文件，必须尚不存在
option-backup-data = 数据文件夹，与 `arena serve` 的相同
command-restore = 用备份建立竞技场；数据文件夹中必须还没有竞技场
option-restore-file = 要读取的备份
option-restore-data = 恢复到的数据文件夹
command-admin = 管理管理员账号；竞技场运行时也可使用
option-admin-data = 数据目录，与 `arena serve` 所用的相同
option-admin-database-url = PostgreSQL 数据库，与 `arena serve` 所用的相同
command-admin-create = 创建管理员，并询问密码
option-admin-create-name = 登录名称
option-admin-create-password-stdin = 从标准输入读取密码（一行），不再询问
command-admin-list = 列出管理员
command-admin-disable = 停用一位管理员并结束其会话；最后一位不能停用
option-admin-disable-name = 管理员的名称
command-admin-enable = 重新启用已停用的管理员
option-admin-enable-name = 管理员的名称
command-admin-link = 打印一次性链接，打开链接的人可成为管理员
option-admin-link-public-url = 访客访问竞技场的地址；不给出时用上次运行的地址

terminal-first-link = 还没有管理员。打开此链接即可成为第一位管理员（{ $hours } 小时内有效，只能使用一次）：
terminal-no-arena = { $folder } 中没有竞技场。请用 --data 指定其目录，或用 DATABASE_URL 指定其数据库。
terminal-backup = 已备份到 { $file }：{ $tables } 个表，{ $rows } 行，已读回核对。文件中有对话与密钥，请妥善保管。
terminal-restored = 已从 { $file } 恢复 { $tables } 个表，{ $rows } 行。现在可以启动竞技场。
terminal-no-terminal = 没有可询问密码的终端。请使用 --password-stdin。
terminal-no-admin = 没有名为“{ $name }”的管理员。
terminal-password = 密码：
terminal-password-again = 再次输入密码：
terminal-admin-created = { $name } 现在是管理员了。
terminal-admin-disabled = { $name } 已停用，其会话已结束。
terminal-admin-enabled = { $name } 可以重新登录了。
terminal-admin-since = { $time } 起
terminal-link = { $hours } 小时内有效，只能使用一次。
terminal-engine-died = 推理线程意外终止，原因见上面的日志。
terminal-no-model-loaded = 所有模型都未能加载，原因见上面的日志。

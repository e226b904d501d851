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
option-serve-even-share = 仅按模型权重抽取的对战所占的比例，0 到 1；其余对战抽取一票信息量最大的一对
option-serve-new-model-votes = 票数少于此值的模型视为新模型
option-serve-new-model-boost = 新模型被抽取的次数是其权重的多少倍
option-serve-elo-k = 一票最多使 Elo 变动多少分；修改后会重新计算全部 Elo
option-serve-elo-scale = Elo 相差多少分时，较强模型的预期胜场为负场的十倍；修改后会重新计算全部 Elo
option-serve-elo-initial = 没有投票的模型的 Elo；修改后会重新计算全部 Elo
option-serve-flag-rate = 与他人投票一致者中被标记的比例上限；被标记者的投票在管理员决定之前不计入；0 表示不标记任何人
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
command-import = 导入 FastChat、LMArena、arena-rank、evalica、ComparIA 或 Open WebUI 的投票；同一文件重复导入不会增加投票
option-import-file = 要读取的文件：.json、.jsonl、.csv 或 .parquet
option-import-format = 文件格式（无法从名称判断时）
option-import-map = 把文件中的名称计为已有模型（写其 slug）；可重复。其他名称按 slug 与名称匹配，否则添加为不能提问的模型
option-import-strict = 任何一行有误则全部不导入；默认列出并跳过有误的行
option-import-data = 数据目录，与 `arena serve` 相同
option-import-database-url = PostgreSQL 数据库，与 `arena serve` 相同
option-import-secret = 密钥，与 `arena serve` 相同；投票者以它加密的哈希保存
command-export = 导出计入的投票；投票者仅以带密钥的哈希表示
option-export-file = 要写入的文件；不得已存在
option-export-format = 文件格式（无法从名称判断时）
option-export-columns = 采用谁的列：fastchat（LMArena 的工具与 arena-rank 也能读取）、comparia，或 evidence（榜单及其全部投票，供 `arena verify` 核对，JSON Lines）
option-export-kind = 对战类型：battle、side_by_side、imported 或 all
option-export-language = 只导出该语言的投票，如 zh
option-export-conversations = 包含对话内容
option-export-data = 数据目录，与 `arena serve` 相同
option-export-database-url = PostgreSQL 数据库，与 `arena serve` 相同
option-export-secret = 密钥，与 `arena serve` 相同；投票者以它加密的哈希写出
command-verify = 核对投票：`arena export --columns evidence` 写出的文件及其榜单；不给文件时核对数据库
option-verify-file = 要核对的文件；无需竞技场
option-verify-data = 数据目录，与 `arena serve` 相同
option-verify-database-url = PostgreSQL 数据库，与 `arena serve` 相同
option-verify-secret = 密钥，与 `arena serve` 相同
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
terminal-import-map = --map 的写法是 名称=SLUG，而不是“{ $pair }”。
terminal-import-progress = 已读取 { $rows } 行……
terminal-import-bad = 跳过第 { $number } 行：{ $why }
terminal-import-models = 新增 { $n } 个仅知其名的模型：{ $names }
terminal-imported = 读取 { $rows } 行：新增 { $votes } 票，已有 { $known } 票，与投票无关 { $others } 行，有误 { $bad } 行。
terminal-export-format = 无法从名称 { $file } 判断格式。请使用 .json、.jsonl、.csv 或 .parquet，或指定 --format。
terminal-export-filter = 无法识别 --{ $name }。
terminal-exported = 已将 { $votes } 票写入 { $file }。
terminal-verify-file = 由版本 { $program } 于 { $time } 发布：{ $kind }，语言 { $language }。最后一票的哈希：{ $head }
terminal-verify-format = { $file } 不是 `arena export --columns evidence` 的文件：{ $why }
terminal-verify-equal = 一致：链上 { $votes } 票，其中计入 { $counted } 票，{ $models } 个模型。
terminal-verify-differs = 不一致：{ $problems } 处不同（链上 { $votes } 票，其中计入 { $counted } 票）。
problem-unreadable = 第 { $line } 行无法读取：{ $why }
problem-altered = 投票 { $vote } 被改动，或不在投出时的位置。
problem-missing = 链上第 { $seq } 票缺失。
problem-head = 链的末尾与发布的不同：末尾缺少投票，或有添加。
problem-unchained = { $votes } 票没有哈希。竞技场运行时会计算。
problem-count = 发布时计入 { $published } 票，实际为 { $found } 票。
problem-pair = { $pair }：记录为计入 { $published } 票，实际为 { $found } 票。
problem-differs = { $model }，{ $figure }：发布 { $published }，重算 { $found }。
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

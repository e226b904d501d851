# 命令行帮助：`command-名称`、`option-编号`；某条命令有自己的说明时用 `option-命令-编号`。

usage-at-least = { $option } 至少为 { $low }
usage-between = { $option } 须在 { $low } 与 { $high } 之间

command-mixtral = 运行、查看、测评、转换、量化和训练 Mixtral 系列模型
command-chat = 与模型对话
command-info = 查看模型文件的元数据
command-perplexity = 在一段文本上测量模型的困惑度
command-evaluate = 用任务评测模型
command-evaluate-ceval = C-Eval：52 个科目的中文考试
command-evaluate-cmmlu = CMMLU：67 个中文科目
command-evaluate-mmlu = MMLU：57 个英文科目
command-evaluate-compare = 逐题比较两次评测，并给出区间
command-evaluate-longbench = LongBench：中文、英文与代码长文本的 21 项任务
command-evaluate-needle = 在长文本中藏一句话再提问：按深度与上下文长度
command-evaluate-poetry = 评测古典诗词：体裁、押韵与照抄
command-judge = 让模型回答提示，并由大语言模型评判：打 1 到 10 分并说明理由，或以两种顺序两两比较
command-quantize = 量化模型
command-imatrix = 计算重要性矩阵，使量化更准确
command-convert = 在 Hugging Face 文件夹与 GGUF 文件之间转换
command-merge = 把 LoRA 适配器合并进底座模型
command-make-random = 生成真实规模、随机权重的模型，用于测量速度与内存
command-train = 训练模型，或训练 LoRA、QLoRA 适配器
command-train-tokenizer = 用训练文件训练分词器
command-prepare = 用公开来源制作训练数据
command-prepare-chinese-poetry = 唐诗宋词，取自 npm 包 chinese-poetry（MIT 许可证）
command-bench = 测量本机的速度
command-bench-inference = 模型回答的速度：解码、提示、长上下文、第二轮
command-bench-kernels = GPU 内核距其极限多远，以及模型每一步的时间花在何处
command-bench-train = 本机训练的速度，并与 candle 自带的自动微分对照
command-selftest = 检查设备的计算结果是否与处理器一致
command-recite = evaluate poetry 的旧名
command-recipe = train --print-config 的旧名
command-data = prepare 的旧名
command-data-poetry = prepare chinese-poetry 的旧名

option-model = 模型：GGUF 文件（或其第一个分片），或 LoRA 适配器的文件夹
option-base = 适配器的底座模型（GGUF），当它不是适配器所记的文件时给出
option-device = 计算设备：cpu、cuda:0、auto
option-threads = 计算线程数；不给出则每个物理核一个
option-context = 上下文长度（词元）；不给出则取模型自身的长度，至多 8192
option-rope-scaling = 上下文超出模型自身长度时的 RoPE 缩放方式：none、linear 或 yarn
option-rope-scale = RoPE 缩放倍数：扩展后与扩展前的上下文长度之比
option-rope-freq-base = 用此值代替模型的 RoPE 基频
option-yarn-orig-ctx = YaRN 的原始上下文长度；不给出则取模型自身的长度
option-kv-cache-dtype = 缓存的键和值的类型：f16、q8_0（约占一半内存）或 f32（两倍）；GPU 只支持 f16
option-force = 覆盖已有的文件
option-json = 输出 JSON
option-seed = 随机种子；相同的种子得到相同的结果
option-temperature = 采样温度；0 总取最可能的词元，越高越多样
option-text = 文本文件；或训练用的 JSON 行（名称.jsonl）：每行一个窗口，对话套用模型的聊天模板，只计回答
option-window = 窗口长度（词元）；不给出则取模型的上下文，纯文本至多 512
option-windows = 最多计算的窗口数或行数
option-type = 矩阵的类型，例如 Q4_K
option-endpoint = 不用本地模型，而询问这个 OpenAI 兼容端点上的模型，例如 https://api.openai.com/v1
option-remote-model = 模型在端点上的名称
option-api-key = 保存端点 API 密钥的环境变量
option-parallel = 同时进行的请求数
option-retries = 暂时失败的请求（状态 429 或 5xx、连接中断）重试的次数，间隔逐渐变长
option-timeout = 等待一个回答的最长秒数
option-out = 写入的文件

option-chat-prompt = 只回答这一条消息，然后退出
option-chat-raw = 不套用聊天模板，直接续写文本
option-chat-system = 系统提示词
option-chat-max-tokens = 最多生成的词元数
option-chat-stop = 遇到该文本即停止；可多次给出
option-top-k = 只从概率最高的 k 个词元中采样；0 表示全部
option-top-p = 只从概率最高、合计达到该值的词元中采样
option-min-p = 只从概率不低于最高者该比例的词元中采样
option-repetition-penalty = 重复惩罚；1 表示不惩罚
option-frequency-penalty = 频率惩罚：词元在回答中每出现一次就减去该值
option-presence-penalty = 存在惩罚：词元在回答中出现过就减去该值

option-info-tensors = 列出每个张量

option-perplexity-against = 同时报告相对于该模型的 KL 散度；两者词表须相同

option-perplexity-lengths = 上下文长度，以逗号分隔：同一文本按各长度切成窗口，例如 1024,2048,4096
option-perplexity-svg = 把随长度变化的曲线画入该文件
option-evaluate-longbench-data = 存放评测文件的文件夹：任务.jsonl，LongBench-E 则为 任务_e.jsonl
option-evaluate-longbench-tasks = 任务，以逗号分隔：zh、en、code、all 或 dureader 等名称
option-evaluate-longbench-by-length = LongBench-E：另一套文件，并按长度给出分数
option-evaluate-longbench-max-length = 提示的词元数；过长则略去中间。对于端点，每三个字节按一个词元计
option-evaluate-longbench-instruct = 每条提示放入 [INST] … [/INST]，用于指令模型
option-evaluate-longbench-greedy = 总取最可能的词元；否则按公布的方式采样（温度 0.2，top-k 40，top-p 0.95，重复惩罚 1.1）
option-evaluate-longbench-limit = 每项任务最多多少条
option-evaluate-longbench-output = 存放答案与结果（JSON、Markdown）的文件夹；中断的评测可由此继续

option-evaluate-needle-text = 藏入句子的文本；过短则重复
option-evaluate-needle-lengths = 整条提示的长度，以逗号分隔
option-evaluate-needle-depths = 句子在文本中的位置（百分比），以逗号分隔
option-evaluate-needle-needle = 句子
option-evaluate-needle-question = 关于它的问题
option-evaluate-needle-answer = 回答中必须含有的文字；有多项则各占等份
option-evaluate-needle-max-tokens = 回答最多的词元数
option-evaluate-needle-raw = 不套用聊天模板，用于基座模型
option-evaluate-needle-svg = 把热力图画入该文件

option-evaluate-ceval-data = 官方发布的评测文件：含 dev、val、test 的文件夹或 zip
option-evaluate-ceval-split = 使用 val 或 test 的题目（CMMLU 只有 test）；C-Eval 的 test 答案写入 submission.json
option-evaluate-ceval-shots = 每题之前的示例数，取自 dev 开头；0 表示不用示例
option-evaluate-ceval-instruct = 每题放入 [INST] … [/INST]，用于指令模型
option-evaluate-ceval-generate = 从自由生成的回答中抽取选项；否则取 logits 最高的选项
option-evaluate-ceval-chain-of-thought = 先思考再作答（仅 C-Eval）
option-evaluate-ceval-subjects = 只评测这些科目（文件名），以逗号分隔
option-evaluate-ceval-limit = 每个科目最多多少题
option-evaluate-ceval-seed = 自由生成的随机种子
option-evaluate-ceval-output = 存放答案与结果（JSON、Markdown）的文件夹；中断的评测会从这里继续
option-evaluate-compare-first = 一次评测的 --output 文件夹
option-evaluate-compare-second = 另一次评测的文件夹
option-evaluate-poetry-held-out = 留出的对话（JSON 行），由 mixtral prepare chinese-poetry 写出
option-evaluate-poetry-training = 训练文件，用以统计照抄的回答；可多次给出
option-evaluate-poetry-requests = 请求数，自文件开头取
option-evaluate-poetry-seed = 第一个请求的种子；其后逐一加 1
option-evaluate-poetry-samples = 每个请求回答几次
option-evaluate-poetry-against = 另一个模型，以同样的种子回答同样的请求：按可判定的各项统计胜、平、负
option-evaluate-poetry-preferences = 把每个请求的最好与最差回答写入该文件，供 mixtral train --dpo 使用
option-evaluate-poetry-show = 打印多少组问答

option-judge-prompts = 提示：文件（每行一条；或含 “prompt”、“turns”、“messages” 的 JSON 行）、由这类文件组成的文件夹，或连同对话导出的对战，其中的回答将直接被评判
option-judge-models = 作答的模型：名称与端点地址或 GGUF 文件；可多次给出
option-judge-judge = 评判的模型，写法相同；在端点上，名称即端点所知的名称
option-judge-output = 存放回答、结论与表格（JSON、Markdown）的文件夹；中断的评判可由此继续
option-judge-pairs = 两两比较回答，每对以两种顺序各比较一次；不给出则为每个回答打 1 到 10 分
option-judge-limit = 只取开头的若干条提示
option-judge-keys = 保存某个模型或评委的 API 密钥的环境变量；可多次给出
option-judge-reasons = 评委指示与理由的语言：en 或 zh；不给出则与终端相同
option-judge-max-tokens = 回答最多的词元数
option-judge-judge-max-tokens = 结论最多的词元数；会先思考的评委需要更多
option-judge-seed = 模型回答的随机种子
option-judge-max-requests = 本次运行达到该请求数即停止，包括重试
option-judge-max-total-tokens = 本次运行的提示与回答达到该词元数即停止，以端点的计数为准

option-quantize-model = 模型：GGUF 文件，或其第一个分片
option-quantize-embedding = 词嵌入的类型；不给出时，Q2_K 与 Q3_K 用 Q6_K，IQ1 至 IQ3_XXS 用更精确的类型，其余同 TYPE
option-quantize-output = 输出矩阵的类型；不给出时，Q2_K 至 Q5_K 用 Q6_K，IQ 类型用 Q5_K 或 Q6_K，其余同 TYPE
option-quantize-pure = 所有矩阵都用 TYPE；不给出时，每个词元都经过的少数矩阵更精确，与 llama.cpp 相同
option-quantize-imatrix = 该模型的重要性矩阵，由 mixtral imatrix 或 llama.cpp 算得；IQ1、IQ2 与 IQ3_XXS 必须给出

option-convert-source = Hugging Face 文件夹，或 GGUF 文件（或其第一个分片）
option-convert-target = 写入的 GGUF 文件或 Hugging Face 文件夹，与来源相反
option-convert-type = 矩阵的类型，例如 Q8_0；文件夹只能用 F16、BF16、F32。不给出则保持原有类型，已量化的模型写成 F16
option-convert-shard-size = 文件夹中每个分片的最大尺寸，例如 5GB、500MB

option-make-random-out = 要写出的 GGUF 文件
option-make-random-like = 模型的规模：small（2 亿参数）、medium（31 亿）、8x7b（467 亿）、8x22b（1406 亿）
option-make-random-type = 矩阵的类型
option-make-random-pure = 所有矩阵都用 TYPE；不给出时，用 mixtral quantize 写出的混合类型
option-make-random-seed = 随机权重的种子：种子相同则文件相同
option-merge-base = 底座模型：Hugging Face 文件夹，或 GGUF 文件（或其第一个分片）
option-merge-adapters = PEFT 适配器的文件夹，依次合并；最后一个路径是写入的位置，格式同底座
option-merge-type = 底座为 GGUF 时矩阵的类型；不给出则保持原有类型

option-train-out = 输出文件夹：检查点、日志、损失曲线与模型
option-train-print-config = 打印完整的训练配置供修改，并逐项说明
option-train-tokenizer = 新模型的分词器：mixtral train-tokenizer 写出的 tokenizer.gguf，或任一 GGUF 模型
option-train-base = 从该模型（GGUF 文件或 Hugging Face 文件夹）的权重开始训练；形状与分词器由它决定
option-train-base-name = 适配器所记的底座名称，例如 mistralai/Mixtral-8x7B-v0.1；不给出则记底座文件的路径
option-train-base-type = 读取底座文件夹时把矩阵量化为该类型，例如 qlora 配 Q4_K
option-train-data = 训练文件或文件夹；可多次给出。纯文本（每行一篇），或 JSON 行、JSON 数组："text"、"messages"、"conversations"（ShareGPT）、"instruction"/"input"/"output"（Alpaca）；加 --dpo 时为 "prompt"/"chosen"/"rejected"。文件夹按名称顺序逐层读取
option-train-validation = 验证文件或文件夹，形式同 --data
option-train-dpo = 用偏好数据训练（DPO）：--data 为“prompt”、“chosen”、“rejected”，即 arena export --preferences 所写
option-train-config = 训练配置（JSON）；不给出时，继续训练用该文件夹的配置，否则用默认设置
option-train-max-minutes = 训练满这么多分钟即保存检查点并结束
option-train-resume = 从该文件夹的检查点继续
option-train-force = 删除该文件夹中已有的训练，重新开始
option-train-hugging-face = 另以 Hugging Face 的格式写出模型（文件夹 best 与 last）

option-train-tokenizer-folder = 输出文件夹：tokenizer.json 与 tokenizer.gguf
option-train-tokenizer-texts = 训练文件或文件夹，纯文本或 JSON；其中的每个字符串都会用到
option-train-tokenizer-vocab-size = 词表大小
option-train-tokenizer-max-token-length = 一个词元最多的字数；1 表示单字

option-prepare-chinese-poetry-folder = 输出文件夹
option-prepare-chinese-poetry-package = 已解压的 npm 包；不给出则由 npm 下载
option-prepare-chinese-poetry-held-out = 留作验证的诗的数目
option-bench-inference-tokens = 每个回答的词元数
option-bench-kernels-model = 要分解其步骤的模型
option-bench-train-steps = 测量的步数；每步先后运行训练器与 candle 自带的自动微分
option-selftest-models = 另外要检查的模型文件
option-selftest-device = 要检查的设备：cpu、cuda:0 或 auto
option-selftest-json = 以 JSON 输出结果
option-selftest-threads = 处理器线程数（默认每核一个）

option-recipe-kind = 训练什么

# 引擎的错误。各库自己的说法保留英文原文。

error-file = { $path }：{ $what }
error-file-byte = { $path }：第 { $at } 字节处：{ $what }
error-file-key = { $path }：键 { $key }：{ $what }
error-file-tensor = { $path }：张量 { $name }：{ $what }
error-no-base = { $path }：在适配器旁找不到其底座模型“{ $base }”；请给出底座的 GGUF 文件或文件夹（--base；mixtral 也接受它在模型库中的名称），或先合并适配器（mixtral merge）
error-no-adapter = { $path }：只有适配器文件夹才有底座；完整的模型没有底座
error-device = 设备 { $device }：{ $what }
error-compute = 计算失败：{ $what }
error-out-of-memory = 内存不足；请减小上下文、改用更小的量化类型，或换一台设备
error-panic = 引擎自身出错，计算中止：{ $what }
error-queue-full = 等待中的请求过多
error-stopped = 引擎已停止
error-prompt = 提示有 { $tokens } 个词元，超过上下文所容的 { $limit } 个
error-prompt-at-least = 提示至少有 { $tokens } 个词元，超过上下文所容的 { $limit } 个
error-template = 聊天模板出错：{ $what }
error-not-finite = 模型的输出不是有限的数：{ $what }
error-not-found = 没有这个文件或文件夹
error-permission = 没有权限
error-is-a-folder = 是文件夹，不是文件
error-is-no-folder = 不是文件夹
error-disk-full = 磁盘空间不足
error-not-utf8 = 不是 UTF-8 文本（{ $what }）

fault-empty = 文件是空的
fault-not-gguf = 这不是 GGUF 文件{ $like ->
    [zip] ，看起来是 zip 压缩包，也许是 PyTorch 权重
    [predecessor] ，看起来是旧的 GGML 或 GGJT 文件，请用较新的工具转换为 GGUF
    [lfs-pointer] ，看起来是 Git LFS 指针：权重本身尚未下载
    [web-page] ，看起来是网页，也许下载失败了
   *[other] {""}
}
fault-gguf-version = 不支持 GGUF 版本 { $version }（支持 2 和 3）
fault-big-endian = 不支持大端序的 GGUF
fault-truncated = 文件被截断：其后应有 { $wanted } 字节，但只剩 { $left } 字节
fault-beyond-end = 其自 { $start } 起的 { $bytes } 字节超出文件末尾（文件共 { $file } 字节）：文件被截断或已损坏
fault-architecture = 不支持“{ $name }”，只支持 Mixtral（GGUF 中为带专家的“llama”，config.json 中为“mixtral”）
fault-dense = 没有专家：这是稠密的 Llama 模型，而这里只支持混合专家模型
fault-type = 不支持类型 { $name }
fault-no-gpu-kernels = 没有类型 { $name } 的 GPU 内核：请在 CPU 上加载，或换用 Q2_K 至 Q8_0 类型的模型
fault-missing = 缺失
fault-shape = 形状为 { $found }，应为 { $expected }
fault-surplus = 不是 Mixtral 模型的一部分；文件中有不受支持的内容
fault-not-finite = 含有不是有限数的权重

fault-duplicate = 重复出现
fault-crowded = 文件已损坏：其后的 { $left } 字节容不下 { $count } { $what ->
    [tensors] 个张量
    [metadata-entries] 个元数据项
    [bytes-of-text] 字节的文本
   *[other] 个数组元素
 }
fault-not-utf8 = 文字不是 UTF-8
fault-unknown-type = 未知的类型 { $id }：文件已损坏，或比本程序新
fault-value-type = 应为 { $wanted }，而不是 { $found }
fault-impossible = { $value } 不是可能的值
fault-unsupported = 不支持 { $what }
fault-unknown-choice = 不支持“{ $found }”（支持：{ $known }）
fault-differs = 为 { $found }，应为 { $wanted }
fault-rank = 有 { $rank } 维（只能是 1 至 4 维）
fault-dimension = 维度不能为 { $value }
fault-too-many-weights = { $count } 个权重过多：文件已损坏
fault-row-blocks = 每行 { $row } 个数，不能分成每块 { $block } 个的 { $kind } 块
fault-unaligned = 偏移 { $start } 不是 { $alignment } 的倍数
fault-overlap = 其字节与 { $other } 的重叠
fault-too-many-shards = { $count } 个分片过多
fault-shard-name = 模型有 { $count } 个分片，但文件名不是 NAME-00001-of-{ $last }.gguf
fault-later-shard = 这是 { $count } 个分片中的第 { $number } 个；请打开 { $first }
fault-too-many-experts = 每个词元使用 { $used } 个专家，而模型只有 { $experts } 个
fault-head-count = { $size } 不能平分给 { $heads } 个头
fault-odd-heads = 每个头有 { $width } 个数，不能是奇数
fault-too-many-tokens = 有 { $tokens } 个词元，而模型只有 { $rows } 个
fault-list-length = 有 { $found } 项，而词元有 { $tokens } 个
fault-no-such-token = 词元 { $id } 不在共有 { $tokens } 个词元的词表之内
fault-not-regular = 不是普通文件

layout-nested = 数组嵌套过深
layout-alignment = 应为 8 的倍数，且不超过 1 MiB
layout-too-long = 有 { $bytes } 字节；最多读取 { $most } 字节
layout-not-json = 不是 JSON 对象（{ $why }）
layout-not-switch = 应为 true 或 false
layout-not-names = 应为名称的列表
layout-not-object = 应为对象
layout-not-safetensors = 太短，不是 safetensors 文件
layout-header-beyond-end = 文件头超出文件末尾：文件被截断，或不是 safetensors 文件
layout-header-not-json = 文件头不是 JSON（{ $why }）
layout-loose-bytes = 含有不属于任何张量的字节
layout-cut-off = 超出文件末尾：文件被截断
layout-bytes = { $bytes } 字节与形状 { $shape }（{ $kind }）不符
layout-no-rows = 没有第 { $rows } 行
layout-in-another-shard = 在另一个分片中也有
layout-not-a-model = 缺失：这不是模型的文件夹
layout-quantised = 不支持 { $method } 权重；支持 F32、F16 和 BF16
layout-key-heads = { $kv } 个键值头不能整除 { $heads } 个查询头
layout-yarn = 只支持使用常规常数的 YaRN
layout-sliding-window = 不支持大小为 { $window } 的滑动窗口
layout-no-columns = 没有列
layout-rows-not-blocks = 其行不能分成该类型的整块
layout-folder = 是没有 { $file } 的文件夹；请给出 GGUF 文件、Hugging Face 文件夹或适配器文件夹
layout-missing-shard = 文件夹中缺少 { $file }；请下载完整的模型
layout-lfs-pointer = 是 Git LFS 指针，而不是文件本身；请在该文件夹中运行 git lfs pull
layout-not-in-shape = 不是此形状的 Mixtral 模型的一部分

adapter-not-peft = 缺失：这不是 PEFT 适配器
adapter-pickled = 不予读取，因为 pickle 文件可执行任意程序；请用 PEFT 写成 { $file }
adapter-empty = 不含任何张量
adapter-not-in-base = 不是此底座模型的一部分，或形状不同
adapter-partly-whole = 保存的是完整权重，而同层的其他专家不是
adapter-unsupported = 不受支持：模型会算错
adapter-changes-base = { $begun } 也会改动底座模型；请用 PEFT 转换该适配器（path_initial_model_for_weight_conversion）
adapter-pattern = { $text } 不是有效的模式（{ $why }）
adapter-tied-base = 改动了嵌入矩阵或输出矩阵，而两者在此底座模型中是同一个矩阵
adapter-becomes-not-finite = 合并后出现不是有限数的值
adapter-not-a-matrix = 不是模型中的矩阵
adapter-pair-shape = 其矩阵对不是 { $rows } 行 { $cols } 列
adapter-rank-differs = 秩为 { $rank }、缩放为 { $scale }；配置中为 { $told_rank } 和 { $told_scale }
adapter-weights = { $count } 个权重与形状 { $shape } 不符
adapter-does-not-fit = { $kind } 容不下 { $value }

tokenizer-not-a-byte = 第 { $index } 项为“{ $token }”，不是 <0x0A> 这样的字节
tokenizer-score = 第 { $index } 项不是数
tokenizer-unknown-type = 第 { $index } 项为 { $number }，不是已知的类型
tokenizer-not-a-pair = 第 { $index } 项为“{ $merge }”，不是一对
tokenizer-no-bytes = 是不带字节回退的 BPE，GGUF 无法表示
tokenizer-step = GGUF 无法表示 { $step }
tokenizer-space-mark = 不把空格写作 ▁，GGUF 无法表示这样的词表
tokenizer-space-before = GGUF 无法表示每段文字之前的空格
tokenizer-pattern = GGUF 中没有与“{ $pattern }”对应的名称
tokenizer-special-token = 把“{ $token }”放在 GGUF 无法表示的位置

conversion-exists = 已存在
conversion-not-ours = 含有其他文件而没有 { $mark }；不予替换
conversion-left-over = 是上次中断的运行留下的，或有运行尚未结束；请将其删除
conversion-config-shape = 形状为 { $found }；config.json 要求 { $wanted }
conversion-pickled = 不读取 pytorch_model.bin，因为 pickle 文件可执行任意程序；请用 transformers 另存为 safetensors
conversion-neither = 既没有 { $one }，也没有 { $other }
conversion-no-file = { $tensor }：不在该文件夹的任何文件中
conversion-shards = 不能有 { $count } 个分片
conversion-other-file = 不在 { $index } 所说的 { $file } 中
conversion-before = 先于专家 { $expert } 的 { $next }
conversion-one-too-many = 是多余的张量
conversion-not-given = 没有给出
conversion-more-than-planned = 张量多于计划
conversion-not-imatrix = 不是重要性矩阵
conversion-no-entries = 不含任何重要性值
conversion-counts = 与其计数不符
conversion-not-squares = 含有不是平方和的值
conversion-not-f32 = 不是 F32
conversion-base-itself = 就是底座模型本身；请另给输出路径
conversion-model-itself = 就是模型本身；请另给输出路径
conversion-needs-imatrix = { $kind } 需要重要性矩阵；请用 --type 选择其他类型
conversion-tokenizer = 无法读取分词器（{ $why }）
conversion-not-sentence-piece = 不是 SentencePiece 模型（{ $why }）
conversion-not-sentence-piece-bpe = 不是 BPE；只支持 BPE
conversion-no-byte-fallback = 为 false：需要字节回退
conversion-changes-texts = “{ $name }”会改动文字，GGUF 无法表示
conversion-changes-spaces = 会改动空格，GGUF 无法表示
conversion-pieces = 有 { $count } 个片段，而模型只有 { $size } 个词元
conversion-piece-type = 第 { $id } 个片段的类型 { $kind } 未知
conversion-token-outside = “{ $token }”的编号为 { $id }，而模型只有 { $size } 个词元
conversion-same-number = “{ $token }”与“{ $other }”编号相同
conversion-no-vocabulary = 没有 vocab

checkpoint-foreign = 不是训练检查点
checkpoint-damaged = 已损坏（{ $why }）
checkpoint-not-f32 = 应为 F32，形状为 { $shape }
checkpoint-other = 是另一次训练的检查点；不同之处：{ $differences }

request-no-hidden-states = 该模型不提供隐藏状态
request-loaded = 已加载名为“{ $name }”的模型
request-not-loaded = 没有加载名为“{ $name }”的模型
request-between = { $name } 必须在 1 到 { $most } 之间，而现为 { $value }
request-cache-type = “{ $text }”不是缓存类型；请用 f16、q8_0 或 f32
request-rope-scaling = “{ $text }”不是 RoPE 缩放方式；请用 none、linear 或 yarn
request-not-positive = { $name } 必须是正数，而现为 { $value }
request-no-rope-scale = 此 RoPE 缩放方式需要 --rope-scale
request-short-context = 上下文至少为 2 个词元，而现为 { $context }
request-large-cache = { $tokens } 个词元的缓存过大
request-row-blocks = 每行 { $cols } 个数，不能分成每块 { $block } 个的 { $kind } 块
request-does-not-fit = { $kind } 容不下 { $value }；BF16 和 F32 的范围更大
request-importances = 每行 { $cols } 列，却有 { $count } 个重要性值
request-not-written = 无法写出 { $kind }
request-needs-imatrix = { $kind } 需要重要性矩阵（用 mixtral imatrix 生成）
request-load-needs-imatrix = { $kind } 需要重要性矩阵，不能在加载时量化成该类型；请用 mixtral convert 和 mixtral quantize --imatrix 生成文件
request-unknown-load-type = “{ $text }”不是加载时可用的量化类型；请用 { $known } 之一
request-type-of-file = { $path }：只有 Hugging Face 文件夹可在加载时量化；GGUF 文件请用 mixtral quantize
request-other-model = { $name }：重要性矩阵属于另一个模型
request-no-importances = 重要性矩阵中没有该模型的任何矩阵
request-not-plain = 此处不能用 { $kind }；可用 F32、F16 和 BF16
request-no-tensor = 没有张量 { $name }
request-type = { $name }：不支持类型 { $kind }

template-source = tokenizer.chat_template 有误（{ $what }）
template-endless = 执行超过 { $steps } 步
template-too-much = 输出超过 { $limit } 字节

error-other = 出错（{ $what }）
list-separator = 、

crash-stack = 嵌套过深，栈溢出
crash-memory = 占用的内存超过上限
crash-processor-time = 占用的处理器时间超过上限
crash-silent = 超过 { $seconds } 秒没有结果，已被终止
crash-signal = 被信号 { $signal } 终止
crash-ended = 意外退出（{ $how }）
crash-system = 无法使用读取它的进程（{ $why }）

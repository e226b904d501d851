# 引擎的错误。各库自己的说法保留英文原文。

error-file = { $path }：{ $what }
error-file-byte = { $path }：第 { $at } 字节处：{ $what }
error-file-key = { $path }：键 { $key }：{ $what }
error-file-tensor = { $path }：张量 { $name }：{ $what }
error-no-base = { $path }：在适配器旁找不到其底座模型“{ $base }”；请给出底座 GGUF 文件的路径（--base），或先合并适配器（mixtral merge）
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
fault-crowded = 文件已损坏：其后的 { $left } 字节容不下 { $count } 项（{ $what }）
fault-not-utf8 = 文字不是 UTF-8
fault-unknown-type = 未知的类型 { $id }：文件已损坏，或比本程序新
fault-value-type = 应为 { $wanted }，而不是 { $found }
fault-impossible = { $value } 不是可能的值
fault-unsupported = 不支持 { $what }
fault-unknown-choice = 不支持“{ $found }”（支持：{ $known }）
fault-differs = 为 { $found }，应为 { $wanted }
fault-rank = 有 { $rank } 维（只能是 1 至 4 维）
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
fault-other = 内容有误（{ $what }）

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

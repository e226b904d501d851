# 错误。没有对应文本的，以其来源库的英文显示。

error = 错误：{ $what }
error-colon = ：
error-file = { $path }：{ $what }
error-file-byte = { $path }：第 { $at } 字节处：{ $what }
error-file-key = { $path }：键 { $key }：{ $what }
error-file-tensor = { $path }：张量 { $name }：{ $what }
error-no-base = { $path }：在适配器旁找不到其底座模型“{ $base }”；请用 --base 给出底座的 GGUF 文件，或用 mixtral merge 合并适配器
error-no-adapter = { $path }：只有适配器文件夹才有底座；完整的模型不用 --base
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
fault-no-gpu-kernels = 没有类型 { $name } 的 GPU 内核：请用 --device cpu，或换用 Q2_K 至 Q8_0 类型的模型
fault-missing = 缺失
fault-shape = 形状为 { $found }，应为 { $expected }
fault-surplus = 不是 Mixtral 模型的一部分；文件中有不受支持的内容
fault-not-finite = 含有不是有限数的权重

error-file-line = { $path }：第 { $line } 行：{ $what }
line-not-utf8 = 第 { $after } 字节之后不是 UTF-8
line-empty = 空行
line-json = 不是训练数据：{ $what }
line-text-or-messages = 须有 "text" 或 "messages" 之一
line-empty-text = 文本是空的
line-empty-message = 有一条消息是空的
line-unknown-role = 未知的角色“{ $role }”；角色有 system、user、assistant
line-no-answer = 最后一条消息须是 assistant 的回答
line-turns = user 与 assistant 须轮流发言，由 user 开始
line-too-long = { $tokens } 个词元，超过上下文的 { $context } 个
line-template-order = 聊天模板没有把各轮依次排列

train-range = { $setting } 为 { $value }，须在 { $low } 与 { $high } 之间
train-not-positive = { $setting } 为 { $value }，须是大于 0 的有限数
train-multiple = { $setting } 须是 { $of } 的整数倍
train-too-few-experts = num_experts_per_tok 不能大于 num_local_experts
train-unknown-module = { $setting }：未知的模块“{ $name }”；可用的有：{ $known }
train-repeated-module = { $setting }：“{ $name }”给出了两次
train-no-modules = target_modules 是空的：请至少给出一个模块
train-nothing-to-learn = 训练数据中没有可学的内容
train-nothing-to-train = 模型中没有要训练的权重
train-not-finite = 第 { $step } 步：梯度不再是有限的数；请降低学习率，并从检查点继续

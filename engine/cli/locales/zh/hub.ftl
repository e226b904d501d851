# 以 Hugging Face 模型库中的名称指定模型。

hub-no-name = “{ $name }”不是模型库中的名称；应为 所有者/名称、所有者/名称:类型 或 所有者/名称:文件
hub-not-here = 本机没有文件或文件夹“{ $name }”，因此在模型库中查找
hub-no-repository = 本机没有文件或文件夹“{ $name }”，{ $endpoint } 上也没有这个名称的仓库（若为私有仓库，请设置 HF_TOKEN）
hub-no-revision = { $name } 没有修订版“{ $revision }”
hub-no-file = { $name } 中没有文件“{ $file }”
hub-no-type = { $name } 中没有类型为“{ $type }”的 GGUF 文件；现有 { $known }
hub-which = { $name } 中有多个 GGUF 文件：{ $known }；请指定其一，例如 { $name }:{ $first }
hub-no-model = { $name } 中既没有 GGUF 文件，也没有带 config.json 的 safetensors 权重
hub-shards = { $name }：{ $file } 是多个分片之一，其余分片不全
hub-gated = { $name } 需要授权：请在 { $endpoint }/{ $name } 接受其条款，并将 HF_TOKEN 设为您的访问令牌
hub-gated-for-token = { $name } 需要授权，您的令牌所属账户尚无权限：请在 { $endpoint }/{ $name } 申请
hub-bad-token = 模型库拒绝了您的访问令牌；请检查 HF_TOKEN，或 HF_HOME 中的 token 文件
hub-forbidden = 模型库拒绝访问 { $name }：{ $what }
hub-status = 模型库返回状态 { $status }：{ $what }
hub-busy = 模型库繁忙（状态 { $status }）
hub-network = 无法连接 { $host }：{ $what }
hub-timeout = { $host } 已有 { $seconds } 秒没有发送数据
hub-cut = 连接中断：{ $file }，已收到 { $received }，共 { $size }
hub-malformed = 无法理解模型库的回答：{ $what }
hub-checksum = { $file } 在传输中损坏，已删除：得到 { $found }，应为 { $expected }；请重新运行命令
hub-offline = 本机没有文件或文件夹“{ $name }”，缓存 { $path } 中也没有；HF_HUB_OFFLINE 禁止下载
hub-setting = { $variable }：“{ $value }”不是网址
hub-io = { $path }：{ $what }
hub-waiting = 另一个进程正在下载 { $file }，等待其完成
hub-retry = { $what }；{ $seconds } 秒后重试
hub-cached = { $what }；改用缓存中的文件

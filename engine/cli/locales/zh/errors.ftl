# 错误。没有对应文本的，以其来源库的英文显示。
error = 错误：{ $what }
error-colon = ：

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
line-template = 聊天模板出错：{ $what }
line-template-order = 聊天模板没有把各轮依次排列

train-empty-file = { $path }：文件是空的
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

# 提示词集：管理页面，以及访客所见。
admin-prompts = 提示词
prompts-lead = 提供给访客的提示词集。可以让模型预先作答，这样即使模型较慢，访客也能立即投票。
prompts-none = 还没有提示词集。请先在下方添加，再导入文件或直接输入。
prompts-set = 提示词集
prompts-count = 提示词数
prompts-offered = 提供给访客
prompts-prepared = 已备好的回答
prompts-battles = 对战数
prompts-tags = 主题
prompts-yes = 是
prompts-no = 否
prompts-progress = { $done }/{ $total }
prompts-new = 新建提示词集
prompts-name = 名称
prompts-add = 添加
prompts-settings = 设置
prompts-offer = 提供给访客
prompts-offer-hint = 作为示例、按主题列出，也用于“随机提示词”。
prompts-prepare = 预先生成回答
prompts-prepare-hint = 所有参与抽签的模型在后台回答全部提示词，访客的对战优先。之后新增或修改的模型会自动补上。
prompts-save = 保存
prompts-models = { $n } 个模型参与抽签
prompts-failed = { $n } 个回答生成失败。每个回答会自动尝试三次。
prompts-retry = 重试
prompts-add-prompts = 添加提示词
prompts-file = 文件
prompts-file-hint = UTF-8 编码的文本（每行一个提示词）、含“prompt”列的 CSV、JSON 或 JSON Lines。MT-bench、Arena-Hard 与 Alpaca 的文件可直接导入；“tags”或“category”会成为主题。已有的提示词不会重复添加。
prompts-take = 导入
prompts-busy = 正在读取文件……
prompts-text = 或直接输入，每行一个
prompts-take-text = 添加
prompts-imported = { $n ->
    [0] 没有新的提示词。
   *[other] 已添加 { $n } 个提示词。
}
prompts-known = 另有 { $n } 个已在其中。
prompts-list = 提示词（{ $n }）
prompts-download = 下载 JSON Lines
prompts-empty-set = 这个提示词集还是空的。
prompts-choose = 选择
prompts-choose-one = 选择“{ $prompt }”
prompts-prompt = 提示词
prompts-answers = 回答数
prompts-failed-count = { $n } 个失败
prompts-remove = 移除所选提示词
prompts-delete = 删除这个提示词集……
prompts-delete-hint = 将删除这个提示词集、其中 { $n } 个提示词以及预先生成的回答。对战与投票保留，并仍标注其名称。
prompts-delete-now = 删除
battles-set = 提示词集“{ $set }”
battles-prepared = 预先生成
list-set = 提示词集
list-tag = 主题
error-prompt-set-name = 请填写名称。
error-prompt-set-name-long = 名称太长，最多 { $detail } 个字符。
error-prompt-set-name-taken = 已有名为“{ $detail }”的提示词集。
error-prompts-encoding = 第 { $detail } 行不是 UTF-8 编码。请将文件另存为 UTF-8 后重新导入。未添加任何提示词。
error-prompts-json = 无法读取文件，位置 { $detail }。未添加任何提示词。
error-prompts-none-at = 位置 { $detail }（行号，或 JSON 数组中的序号）没有提示词。提示词应位于“prompt”“text”“question”“instruction”“turns”或“messages”中。未添加任何提示词。
error-prompts-too-long = 位置 { $detail } 的提示词超过 30,000 个字符。未添加任何提示词。
error-prompts-no-column = CSV 文件没有“prompt”“text”“question”或“instruction”列，首行须为列名。未添加任何提示词。
error-prompts-empty = 文件中没有提示词。
error-prompts-too-many = 一个提示词集最多 { $detail } 个提示词。未添加任何提示词。
error-prepared-none = 备好的回答您都已看过。请自己写一个提示词，或稍后再来。
prepared-title = 立即投票
# 超过 20 个就不再数。
prepared-lead = { $n ->
    [20] 至少有 { $n } 个提示词的回答已经备好，您还没有看过。
   *[other] 有 { $n } 个提示词的回答已经备好，您还没有看过。
}
prepared-start = 看两个回答
prepared-next = 下一对
prepared-note = 这些回答是预先生成的。
prompt-set-note = 提示词来自“{ $set }”。
samples-random = 随机提示词
samples-themes = 主题
samples-all = 全部

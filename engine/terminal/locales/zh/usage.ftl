# clap 自身的文字：帮助，以及命令行的错误。

help-usage = 用法：{ $usage }
help-commands = 命令
help-command = 命令
help-arguments = 参数
help-options = 选项
help-help = 显示帮助
help-version = 显示版本
help-subcommand = 显示某个命令的帮助
help-default = { $text }［默认：{ $value }］
help-values = { $text }［可选：{ $values }］
help-env = { $text }［环境变量：{ $variable }］

list-separator = 、

usage-unknown-argument = 未知的参数“{ $argument }”
usage-unknown-command = 未知的命令“{ $command }”
usage-missing-command = 请给出命令：{ $commands }
usage-missing-argument = 缺少必需的参数：{ $argument }
usage-missing-value = { $argument } 需要一个值
usage-too-few-values = { $argument } 的值不够
usage-value = { $argument } 的值“{ $value }”无效
usage-value-known = { $argument } 的值“{ $value }”无效；可选的值：{ $values }
usage-value-why = { $argument } 的值“{ $value }”无效：{ $why }
usage-conflict = { $argument } 不能与 { $other } 同时使用
usage-twice = { $argument } 只能给出一次
usage-other = 无法理解命令行：{ $why }
usage-no-number = 不是数字
usage-no-whole-number = 不是整数
usage-no-address = 不是“地址:端口”，例如 127.0.0.1:8080
usage-similar = 是否想输入“{ $name }”？
usage-help = 详见 --help。

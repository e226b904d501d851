# Errors. What no text is for is shown in the English of the library it comes from.
error = error: { $what }
error-colon = : {""}

error-file-line = { $path }: line { $line }: { $what }
line-not-utf8 = not UTF-8 after byte { $after }
line-empty = empty
line-json = not a line of training data: { $what }
line-text-or-messages = must have either "text" or "messages"
line-empty-text = the text is empty
line-empty-message = a message is empty
line-unknown-role = unknown role “{ $role }”; the roles are system, user and assistant
line-no-answer = the last message must be the assistant's answer
line-turns = user and assistant must take turns, starting with the user
line-too-long = { $tokens } tokens are too long for the context of { $context }
line-template = the chat template failed: { $what }
line-template-order = the chat template does not lay out turns one after another

train-empty-file = { $path }: the file is empty
train-range = { $setting } is { $value }, must be between { $low } and { $high }
train-not-positive = { $setting } is { $value }, must be a finite number above 0
train-multiple = { $setting } must be a multiple of { $of }
train-too-few-experts = num_experts_per_tok must not exceed num_local_experts
train-unknown-module = { $setting }: unknown module “{ $name }”; possible: { $known }
train-repeated-module = { $setting }: “{ $name }” is given twice
train-no-modules = target_modules is empty: name at least one module
train-nothing-to-learn = the training data holds nothing to learn
train-nothing-to-train = no weight of the model is to be trained
train-not-finite = step { $step }: the gradients are no longer finite; lower the learning rate and resume from a checkpoint

register-steps = Steps
register-step-place = Where is it?
register-step-found = What we found
register-step-competes = How it competes
register-look = Look at it
register-next = Next
register-back = Back
register-no-list = The endpoint gave no list of models
register-use-base = Use { $base }
register-which = Which models compete?
register-which-hint = Select one or several. Each becomes a contestant of its own; names and settings come next.
register-filter = Find in this list
register-known = registered as
register-others = Other model names
register-others-hint = One per line: models that the endpoint answers for but does not list.
register-choose = Select at least one model, or type its name.
register-too-many = At most { $most } models can be registered at once.
register-bad-name = A model's name at the endpoint is one line of at most 200 characters.
register-names = Names
register-names-hint = Shown to visitors after the vote. The slugs are derived from them.
register-shared = The settings below apply to all { $n } models. Each model can be edited later.
register-save-several = Check and save { $n } models
register-looking = { $n ->
    [one] Checking one model
   *[other] Checking { $n } models
}
register-looking-hint = Each is asked the way battles ask and appears here as soon as it has answered. Some take a minute; stay on this page until the list is complete.
register-became-registered = registered
register-became-answers = responds
register-became-known = already registered
register-became-refused = not registered
register-registered = { $n } of { $all } models are registered.
register-answered = { $n } of { $all } models respond.
register-registered-some = { $n } of { $all } models are registered. The others are still selected below.
register-to-models = To the list of models

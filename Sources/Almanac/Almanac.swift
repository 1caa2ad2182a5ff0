// The library's one name for what it offers; there is no other way to pass a module's declarations on.
@_exported public import Guest

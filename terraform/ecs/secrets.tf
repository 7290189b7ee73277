# Drupal's hash salt: the same for every task, kept by nobody but Secrets Manager. It is drawn anew at each run as an
# ephemeral value, and the write-only argument sends it only when hash_salt_version changes: no plan and no state
# ever holds it. A site that moves here with its data brings its own secret instead (hash_salt_secret_arn).

locals {
  hash_salt_secret_arn = var.hash_salt_secret_arn != null ? var.hash_salt_secret_arn : one(aws_secretsmanager_secret.hash_salt[*].arn)
}

ephemeral "aws_secretsmanager_random_password" "hash_salt" {
  count = var.hash_salt_secret_arn == null ? 1 : 0

  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "hash_salt" {
  count = var.hash_salt_secret_arn == null ? 1 : 0

  # A prefix, because a name cannot be used again while its predecessor waits out a recovery window.
  name_prefix             = "${var.name}-hash-salt-"
  description             = "Hash salt of the site ${var.name}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.secret_recovery_window_days

  tags = merge(var.tags, { Name = "${var.name}-hash-salt" })
}

resource "aws_secretsmanager_secret_version" "hash_salt" {
  count = var.hash_salt_secret_arn == null ? 1 : 0

  secret_id                = aws_secretsmanager_secret.hash_salt[0].arn
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.hash_salt[0].random_password
  secret_string_wo_version = var.hash_salt_version
}

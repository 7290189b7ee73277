# Two roles, and neither may do what the other does: the execution role starts a task (pull, secrets, log), the task
# role is what the running site may do. Each policy names exactly the resources of this stack.

locals {
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })

  # A valueFrom may end in :key:stage:version; the permission is on the secret itself, the first seven parts.
  secret_arns = sort(distinct([for a in concat(values(var.secrets), [var.database_secret_arn, local.hash_salt_secret_arn]) : join(":", slice(split(":", a), 0, min(7, length(split(":", a)))))]))
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  description        = "Starts the tasks of ${var.name}: pulls the image, reads the secrets, writes the log"
  assume_role_policy = local.trust

  tags = merge(var.tags, { Name = "${var.name}-execution" })
}

resource "aws_iam_role_policy" "execution" {
  name = "start-tasks"
  role = aws_iam_role.execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "RegistryLogin" # the only action here that has no resource to name
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid      = "Pull"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = [var.repository_arn]
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
      },
      {
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = local.secret_arns
      },
      ], var.kms_key_arn == null ? [] : [{
        Sid       = "Decrypt"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.kms_key_arn]
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${data.aws_region.current.region}.amazonaws.com" } }
    }])
  })
}

# The site itself calls no AWS API, so this role has no policy; it exists so that the site's identity is never the
# execution role, which can read the secrets.
resource "aws_iam_role" "task" {
  name               = "${var.name}-task"
  description        = "What the running tasks of ${var.name} may do"
  assume_role_policy = local.trust

  tags = merge(var.tags, { Name = "${var.name}-task" })
}

resource "aws_iam_role_policy" "task_files" {
  count = var.shared_files == null ? 0 : 1

  name = "shared-files"
  role = aws_iam_role.task.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
      Resource  = [var.shared_files.file_system_arn]
      Condition = { StringEquals = { "elasticfilesystem:AccessPointArn" = [var.shared_files.public_access_point_arn, var.shared_files.private_access_point_arn] } }
    }]
  })
}

# What visitors and editors upload, shared by all tasks: files only, never code. Each of the two trees has an access
# point that pins user, group and folder, so a task sees its tree and nothing beside it.

resource "aws_efs_file_system" "this" {
  creation_token = var.name
  encrypted      = true

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_efs_mount_target" "this" {
  count = length(var.subnet_ids)

  file_system_id  = aws_efs_file_system.this.id
  subnet_id       = var.subnet_ids[count.index]
  security_groups = var.security_group_ids
}

resource "aws_efs_access_point" "this" {
  for_each = toset(["public", "private"])

  file_system_id = aws_efs_file_system.this.id

  posix_user {
    uid = var.owner_id
    gid = var.owner_id
  }

  root_directory {
    path = "/${each.value}"

    creation_info {
      owner_uid   = var.owner_id
      owner_gid   = var.owner_id
      permissions = "2775"
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-${each.value}" })
}

# A task that starts before its zone has a mount target fails, so the outputs wait for all of them.
output "file_system_id" {
  description = "Id of the file system."
  value       = aws_efs_file_system.this.id
  depends_on  = [aws_efs_mount_target.this]
}

output "shared_files" {
  description = "What the ecs module's shared_files wants: the file system and its access points."
  value = {
    file_system_id           = aws_efs_file_system.this.id
    file_system_arn          = aws_efs_file_system.this.arn
    public_access_point_id   = aws_efs_access_point.this["public"].id
    public_access_point_arn  = aws_efs_access_point.this["public"].arn
    private_access_point_id  = aws_efs_access_point.this["private"].id
    private_access_point_arn = aws_efs_access_point.this["private"].arn
  }
  depends_on = [aws_efs_mount_target.this]
}

output "identifier" {
  description = "Identifier of the instance."
  value       = aws_db_instance.this.identifier
}

output "arn" {
  description = "ARN of the instance."
  value       = aws_db_instance.this.arn
}

output "address" {
  description = "Host name of the database, without the port: what a client's host setting wants."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "TCP port of the database."
  value       = aws_db_instance.this.port
}

output "database_name" {
  description = "Name of the database that was created with the instance."
  value       = aws_db_instance.this.db_name
}

output "engine_version" {
  description = "The MySQL release that runs."
  value       = aws_db_instance.this.engine_version_actual
}

output "master_user_secret_arn" {
  description = "ARN of the secret that holds the master user's name and password, as JSON with the keys username and password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

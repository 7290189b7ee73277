$ terrarium status
error TR-NO-ENGINE: no engine answers
  why    ecs:DescribeServices - http://127.0.0.1:4566: Connection refused
  state  nothing was changed
  do     terrarium up
[5]
$ terrarium status
error TR-DENIED: the caller may not do this
  why    ecs:DescribeServices - AccessDeniedException: User: arn:aws:iam::000000000000:user/eve is not authorized to perform: ecs:DescribeServices
  state  nothing was changed
  do     give that permission to the caller, or call as another one
[4]
$ terrarium status --json
error TR-CREDENTIALS: the call was not accepted as anybody's
  why    ecs:DescribeServices - SignatureDoesNotMatch: The request signature we calculated does not match
  state  nothing was changed
  do     eval "$(terrarium env)"
{"v":1,"error":{"code":"TR-CREDENTIALS","what":"the call was not accepted as anybody's","why":"ecs:DescribeServices · SignatureDoesNotMatch: The request signature we calculated does not match","state":"nothing was changed","do":"eval \"$(terrarium env)\"","aws_code":"SignatureDoesNotMatch"},"exit":4}
[4]
$ terrarium stauts
error TR-USAGE: there is no command stauts
  do     did you mean terrarium status?
[2]
$ terrarium status --wach
error TR-USAGE: there is no flag --wach
  do     did you mean --watch?
[2]
$ terrarium status now
error TR-USAGE: terrarium status takes no word now
  do     terrarium status --help
[2]
$ terrarium logs --since yesterday
error TR-USAGE: --since yesterday is no time
  do     --since 15m, --since 10:20 or --since 2026-11-25T10:20:00Z
[2]
$ terrarium logs --grep (
error TR-USAGE: --grep ( is no regular expression: Unmatched ( or \(
  do     extended syntax, for example --grep 'error|warn'
[2]

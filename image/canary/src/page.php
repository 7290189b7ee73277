<?php
declare(strict_types=1);
namespace Canary;

/** Text for HTML, in content and in quoted attributes alike. */
function text(string|int|float|null $value): string
{
    return htmlspecialchars((string) $value, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

function page(string $title, string $body): string
{
    $title = text($title);
    $by = text(identity()['task'] ?? identity()['host']) . (identity()['zone'] === null ? '' : ' in ' . text(identity()['zone']));
    return <<<HTML
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>$title · canary site</title>
    <style>
      body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1d2327; background: #fff }
      header { border-left: .4rem solid #d99a00; background: #fff6dd; padding: .5rem 1rem; margin-bottom: 2rem }
      table { border-collapse: collapse } th, td { text-align: left; vertical-align: top; padding: .15rem 1.5rem .15rem 0; font-weight: 400 } th { color: #50575e }
      td { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere }
      img { max-width: 100%; height: auto } input, textarea { font: inherit; width: 100%; box-sizing: border-box } label { display: block; margin: .8rem 0 }
      button { font: inherit; padding: .3rem 1rem } footer { margin-top: 3rem; color: #50575e; font-size: .9em }
    </style></head><body>
    <header>This is the <strong>canary site</strong>, not Drupal: a small PHP site that stands in where no Drupal code was given. <code>make up SITE=/path/to/a/composer/project</code> runs yours.</header>
    <main><h1>$title</h1>
    $body
    </main><footer><a href="/">Home</a> · answered by $by</footer></body></html>
    HTML;
}

function home(): never
{
    $state = ['served_by' => identity(), 'client' => client()] + state();
    $session = Session::current();
    $body = '<p>A page, a database over TLS and a shared files directory work. ' . ($session?->editor
        ? 'You are logged in as the editor.' : 'Log in with the one-time link to write an article.') . '</p><h2>Articles</h2>';
    $list = '';
    foreach (articles() as $article) {
        $list .= '<li><a href="/article/' . (int) $article['id'] . '">' . text($article['title']) . '</a>' . ($article['image'] === null ? '' : ' (with an image)') . '</li>';
    }
    $body .= $list === '' ? '<p>None yet.</p>' : "<ul>$list</ul>";
    if ($session?->editor) {
        $body .= '<p><a href="/article/new">Write an article</a></p>';
    }
    $rows = '';
    foreach ($state as $part => $value) {
        foreach (is_array($value) ? $value : ['' => $value] as $name => $item) {
            $shown = is_bool($item) ? ($item ? 'yes' : 'no') : ($item ?? '–');
            $rows .= '<tr><th scope="row">' . text(str_replace('_', ' ', trim("$part $name"))) . '</th><td>' . text($shown) . "</td></tr>\n";
        }
    }
    html(200, 'It works', "$body<h2>Where this page comes from</h2><table>$rows</table><p>The same as JSON: <a href=\"/api\">/api</a></p>");
}

function article_form(Session $session): string
{
    $token = text($session->formToken);
    return <<<HTML
    <form method="post" action="/article/new" enctype="multipart/form-data">
      <input type="hidden" name="form_token" value="$token">
      <label>Title <input name="title" required maxlength="200"></label>
      <label>Text <textarea name="body" rows="6"></textarea></label>
      <label>Image <input type="file" name="image" accept="image/png,image/jpeg,image/gif,image/webp"></label>
      <button>Save</button>
    </form>
    HTML;
}

function article_body(array $article): string
{
    $image = $article['image'] === null ? '' : '<p><img src="' . FILES_URL . '/' . text($article['image']) . '" alt="' . text($article['title']) . '"></p>';
    return $image . '<p>' . nl2br(text($article['body'])) . '</p><p>Written ' . text($article['at']) . ' through ' . text($article['written_by']) . '.</p>';
}

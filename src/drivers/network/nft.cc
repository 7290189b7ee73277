#include "drivers/network/nft.h"

#include <nftables/libnftables.h>

#include <memory>

namespace terrarium::network {
namespace {

struct FreeContext {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};
using Context = std::unique_ptr<nft_ctx, FreeContext>;

Result<Context> OpenContext() {
  Context context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context || nft_ctx_buffer_error(context.get()) != 0 || nft_ctx_buffer_output(context.get()) != 0)
    return Fail(ErrorKind::kUnavailable, "nftables is not available");
  return context;
}

Status Run(nft_ctx* context, const std::string& text) {
  if (nft_run_cmd_from_buffer(context, text.c_str()) == 0) return {};
  std::string cause = nft_ctx_get_error_buffer(context);
  if (cause.size() > 600) cause.resize(600);
  return Fail(ErrorKind::kUnavailable, "the packet filter refused a change", std::move(cause));
}

}  // namespace

Status RunNft(const std::string& text) {
  if (text.empty()) return {};
  TRY_ASSIGN(const Context context, OpenContext());
  return Run(context.get(), text);
}

Result<std::string> ListNft() {
  TRY_ASSIGN(const Context context, OpenContext());
  nft_ctx_output_set_flags(context.get(), NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_ALL);
  TRY(Run(context.get(), "list ruleset"));
  return std::string(nft_ctx_get_output_buffer(context.get()));
}

}  // namespace terrarium::network

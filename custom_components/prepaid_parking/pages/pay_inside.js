"use strict";
{
  // WeChat's browser puts WeixinJSBridge into the page, sooner or later than this runs.
  const button = document.getElementById("call");
  let waits = false;
  const call = () => {
    if (waits || !window.WeixinJSBridge) return;
    waits = true;
    // Its answer proves nothing: whether it is paid stands on the page, which asks the provider.
    window.WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(button.dataset.call), () =>
      location.replace(button.dataset.back),
    );
  };
  button.addEventListener("click", call);
  document.addEventListener("WeixinJSBridgeReady", call);
  call();
}

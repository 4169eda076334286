/** NMS of tensors, where they are: the rules of dt_nms (detect/nms.h), the same kept boxes in the same order
 * on every device. */
#ifndef DT_DETECT_NMS_TENSOR_H
#define DT_DETECT_NMS_TENSOR_H

#include "core/device.h"
#include "core/tensor.h"
#include "detect/nms.h"

/** boxes (N,4) f32 xyxy, scores (N) f32, classes (N) i32 or NULL, on one device; keep (on the host): room for
 *  min(N, max_det) indices, max_det 0 meaning all. Waits for the result. DT_ERR_UNSUPPORTED where the device
 * has no NMS. */
dt_status dt_nms_tensors(dt_ctx *ctx, dt_tensor *boxes, dt_tensor *scores, dt_tensor *classes,
                         const dt_nms_opts *opts, int32_t *keep, int64_t *kept);

/** What a backend module may export under DT_NMS_SYMBOL (dt_device_symbol): contiguous arrays on the device,
 * n in [1, 2^31), opts checked; keep and kept on the host. */
#define DT_NMS_SYMBOL "dt_nms_module"
typedef dt_status (*dt_nms_fn)(dt_ctx *ctx, dt_device *device, const float *boxes, const float *scores,
                               const int32_t *classes, int64_t n, const dt_nms_opts *opts, int32_t *keep,
                               int64_t *kept);

#endif

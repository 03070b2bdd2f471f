// The map as a picture: its SVG, drawn on a canvas twice as large. Without this module the file in SVG is still there.
const button = document.getElementById("png");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const picture = new Image();
    picture.onload = () => {
      const sheet = document.createElement("canvas");
      [sheet.width, sheet.height] = [2 * picture.naturalWidth, 2 * picture.naturalHeight];
      sheet.getContext("2d").drawImage(picture, 0, 0, sheet.width, sheet.height);
      sheet.toBlob((file) => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(file);
        link.download = "map.png";
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      });
    };
    picture.src = button.dataset.picture;
  });
}
